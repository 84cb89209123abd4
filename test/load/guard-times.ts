import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { openScanAside } from '../../server/src/guards/scan-aside.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'
import { rows as ownRows } from '../guards/own.ts'
import { injectionRows } from '../guards/rows.ts'

/**
 * What a scan takes by the clock, one after the other in one process: `node test/load/guard-times.ts [--data DIR]`. Honest
 * outputs of the data sets, or of the project's own writing; every text is another one, so nothing is remembered.
 */
const { values } = parseArgs({ options: { data: { type: 'string', default: '../shared/data' } } })
const rows = existsSync(join(values.data, 'injection/dev/injection.jsonl'))
  ? injectionRows(values.data)
  : ownRows()
const honest = rows.filter(({ content, label }) => content === 'tool_output' && label === 0)

let next = 0
/** A JSON answer of about so many characters, of honest texts in turn. */
function answer(characters: number): string {
  const content: { type: 'text'; text: string }[] = []
  for (let size = 0; size < characters; ) {
    const text = (honest[next++ % honest.length]?.text ?? '').slice(0, Math.max(64, characters - size))
    content.push({ type: 'text', text })
    size += text.length + 26
  }
  return JSON.stringify({ content })
}

function tell(name: string, times: readonly number[], floor: number): void {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(3)
  console.log(
    `${name.padEnd(34)} ${String(times.length).padStart(5)} scans  p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)} ms  floor ${floor} ms`,
  )
}

async function timed(count: number, characters: number, run: (text: string) => unknown): Promise<number[]> {
  const times: number[] = []
  for (let at = 0; at < count; at++) {
    const text = answer(characters)
    const started = performance.now()
    await run(text)
    times.push(performance.now() - started)
  }
  return times
}

const scan = buildScan(openModels(), () => performance.now())
const here = (text: string) => scan('tool_output', text)
const aside = openScanAside()
const there = (text: string) => aside.scan('tool_output', text)
await timed(2_000, 1_024, here)
await timed(6, 1_048_576, there)
tell('1 KB', await timed(5_000, 1_000, here), 0.4)
tell('64 KiB of JSON', await timed(200, 64_500, here), 8)
tell('1 MB on the other thread', await timed(30, 1_000_000, there), 150)
await aside.close()
