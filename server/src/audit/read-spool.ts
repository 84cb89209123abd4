import type { FileHandle } from 'node:fs/promises'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { SpooledEvent } from './event.ts'

/** Length and CRC-32 of what follows, both 32 bit little endian. */
export const frameHeaderBytes = 8
const magic = 'runlayer-spool-1 '
/** A fixed length, so that frames begin at a known place. */
const headBytes = magic.length + 17
const chunkBytes = 512 * 1024

export function segmentName(writer: string, number: number): string {
  return `${writer}-${String(number).padStart(8, '0')}.log`
}

/** `base`: how many events the writer's earlier segments hold. */
export function segmentHead(base: number): string {
  return `${magic}${String(base).padStart(16, '0')}\n`
}

const segmentPattern = /^([0-9a-f-]{36})-(\d{8,})\.log$/

export type FoundSegment = { writer: string; number: number; path: string }

/** The segments in a folder, each writer's in their order. */
export async function findSegments(dir: string): Promise<FoundSegment[]> {
  const found: FoundSegment[] = []
  for (const name of await readdir(dir)) {
    const [, writer, number] = segmentPattern.exec(name) ?? []
    if (writer !== undefined) found.push({ writer, number: Number(number), path: join(dir, name) })
  }
  return found.sort((a, b) => (a.writer < b.writer ? -1 : a.writer > b.writer ? 1 : a.number - b.number))
}

export type SegmentReader = {
  /** The writer's events before this segment. */
  readonly base: number
  /** The next whole frames up to about 512 KiB; empty at the end or at a torn tail. */
  next(): Promise<SpooledEvent[]>
  close(): Promise<void>
}

/** undefined when the file ends within its head: the process died while making it, so it holds nothing. */
export async function readSegment(path: string): Promise<SegmentReader | undefined> {
  const file = await open(path, 'r')
  const head = await readAt(file, 0, headBytes)
  const text = head.toString('latin1')
  if (head.length < headBytes || !text.startsWith(magic)) {
    await file.close()
    return undefined
  }
  let offset = headBytes
  return {
    base: Number(text.slice(magic.length)),
    async next() {
      let chunk = await readAt(file, offset, chunkBytes)
      if (chunk.length < frameHeaderBytes) return []
      const first = frameHeaderBytes + chunk.readUInt32LE(0)
      if (first > chunk.length && chunk.length === chunkBytes) chunk = await readAt(file, offset, first)
      const { events, bytes } = wholeFrames(chunk)
      offset += bytes
      return events
    },
    close: () => file.close(),
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(length, Math.max(0, (await file.stat()).size - position)))
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

function wholeFrames(chunk: Buffer): { events: SpooledEvent[]; bytes: number } {
  const events: SpooledEvent[] = []
  let at = 0
  while (at + frameHeaderBytes <= chunk.length) {
    const from = at + frameHeaderBytes
    const end = from + chunk.readUInt32LE(at)
    if (end > chunk.length || crc32(chunk.subarray(from, end)) !== chunk.readUInt32LE(at + 4)) break
    for (const payload of chunk.toString('utf8', from, end).split('\x01')) {
      const [text = '', ...bodies] = payload.split('\0')
      events.push({ text, bodies })
    }
    at = end
  }
  return { events, bytes: at }
}
