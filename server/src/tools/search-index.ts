import type { ServerId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { describeTool, type ServerText } from './describe-tool.ts'
import type { SearchKnowledge } from './search-knowledge.ts'
import { SearchRoom } from './search-room.ts'
import { stemsOf } from './split-words.ts'

/** Where a word stands, ascending by document, how strongly, and which share of the tool's name it is. */
export type Postings = {
  readonly word: string
  documents: number[]
  strengths: number[]
  shares: number[]
  live: number
}
type Entry = {
  tool: PinnedTool
  /** Of each of its words; without a look-up, a tool that goes costs half. */
  readonly postings: readonly Postings[]
  readonly nameLength: number
  readonly isDeprecated: boolean
}
type Shelf = {
  readonly documents: readonly number[]
  readonly tools: readonly PinnedTool[]
  readonly server: ServerText
  readonly words: ReadonlySet<string>
}

/** A tool that says this of itself yields to the one it names instead. */
const deprecated = /\bdeprecated\b/i

/**
 * Vectors are made so that their first numbers tell most. Those of all tools stand side by side, since a search looks at
 * every one of them: with the rest in between it would take three times as long.
 */
const sketchLength = 64

/** With fewer dead entries closing the gaps costs more than it saves. */
const compactFrom = 2_000

/** The words and directions of all tools of all connectors, updated one connector at a time. Ranking reads it. */
export class SearchIndex {
  readonly knowledge: SearchKnowledge
  /** For one search after the other. */
  readonly room = new SearchRoom()
  #postings = new Map<string, Postings>()
  #entries: (Entry | undefined)[] = []
  #directions = new Float32Array(0)
  /** For one tool after the other: an array for each would be cleared away again and again. */
  readonly #sum: Float32Array<ArrayBuffer>
  #sketches = new Float32Array(0)
  #shelves = new Map<ServerId, Shelf>()
  #live = 0
  #generation = 0

  constructor(knowledge: SearchKnowledge) {
    this.knowledge = knowledge
    this.#sum = new Float32Array(knowledge.vectors.length)
  }

  /** Tools that are there. */
  get live(): number {
    return this.#live
  }

  /** Documents are numbers below this; some may be gone. */
  get size(): number {
    return this.#entries.length
  }

  /** Grows when documents get other numbers. */
  get generation(): number {
    return this.#generation
  }

  tool(document: number): PinnedTool | undefined {
    return this.#entries[document]?.tool
  }

  isDeprecated(document: number): boolean {
    return this.#entries[document]?.isDeprecated ?? false
  }

  /** How many different words the tool's name has. */
  nameLength(document: number): number {
    return this.#entries[document]?.nameLength ?? 0
  }

  /** Share of the words of the connector's name that a request speaks of. */
  serverShare(
    document: number,
    takings: readonly { readonly asked: { readonly stem: string; readonly weight: number } }[],
  ): number {
    const tool = this.#entries[document]?.tool
    const words = tool === undefined ? undefined : this.#shelves.get(tool.serverId)?.words
    if (words === undefined || words.size === 0) return 0
    let met = 0
    for (const { asked } of takings) if (asked.weight >= 0.5 && words.has(asked.stem)) met++
    return met / words.size
  }

  toolsOf(serverId: ServerId): readonly PinnedTool[] {
    return this.#shelves.get(serverId)?.tools ?? []
  }

  serverName(serverId: ServerId): string {
    return this.#shelves.get(serverId)?.server.name ?? ''
  }

  postings(word: string): Postings | undefined {
    return this.#postings.get(word)
  }

  /** All directions in one block, as many numbers for each document as the vectors are long. */
  get directions(): Float32Array {
    return this.#directions
  }

  /** The beginnings of all directions in one block. */
  get sketches(): { readonly block: Float32Array; readonly length: number } {
    return { block: this.#sketches, length: sketchLength }
  }

  /** Tools that stay as they are keep their documents: most updates change one tool of many. */
  put(serverId: ServerId, server: ServerText, tools: readonly PinnedTool[]): void {
    const before = this.#shelves.get(serverId)
    const isSameServer = before?.server.name === server.name && before.server.slug === server.slug
    const kept = isSameServer ? this.#kept(before.documents, tools) : new Map<PinnedTool, number>()
    const stays = new Set(kept.values())
    for (const document of before?.documents ?? []) if (!stays.has(document)) this.#drop(document)
    this.#live += tools.length - (before?.documents.length ?? 0)
    this.#shelves.delete(serverId)
    if (tools.length === 0) return
    const documents = tools.map((tool) => kept.get(tool) ?? this.#add(tool, server))
    this.#shelves.set(serverId, { documents, tools, server, words: new Set(stemsOf(server.name)) })
    if (this.#entries.length - this.#live > Math.max(compactFrom, this.#live)) this.#compact()
  }

  remove(serverId: ServerId): void {
    for (const document of this.#shelves.get(serverId)?.documents ?? []) this.#drop(document)
    this.#live -= this.#shelves.get(serverId)?.documents.length ?? 0
    this.#shelves.delete(serverId)
  }

  /** The tools of which a document says the same already, with that document. */
  #kept(documents: readonly number[], tools: readonly PinnedTool[]): Map<PinnedTool, number> {
    const byName = new Map(documents.map((document) => [this.#entries[document]?.tool.publicName, document]))
    const kept = new Map<PinnedTool, number>()
    for (const tool of tools) {
      const document = byName.get(tool.publicName)
      const entry = document === undefined ? undefined : this.#entries[document]
      if (document === undefined || entry === undefined || !isSame(entry.tool, tool)) continue
      entry.tool = tool
      kept.set(tool, document)
      byName.delete(tool.publicName)
    }
    return kept
  }

  #drop(document: number): void {
    for (const postings of this.#entries[document]?.postings ?? [])
      if (--postings.live === 0) this.#postings.delete(postings.word)
    this.#entries[document] = undefined
    const { length } = this.knowledge.vectors
    this.#directions.fill(0, document * length, (document + 1) * length)
    this.#sketches.fill(0, document * sketchLength, (document + 1) * sketchLength)
  }

  #add(tool: PinnedTool, server: ServerText): number {
    const { strengths, nameWords, all } = describeTool(tool, server)
    const document = this.#entries.length
    const of: Postings[] = []
    for (const [word, strength] of strengths) {
      let postings = this.#postings.get(word)
      if (postings === undefined) {
        postings = { word, documents: [], strengths: [], shares: [], live: 0 }
        this.#postings.set(word, postings)
      }
      postings.documents.push(document)
      postings.strengths.push(strength)
      postings.shares.push(nameWords.has(word) ? 1 / nameWords.size : 0)
      postings.live++
      of.push(postings)
    }
    this.#entries.push({
      tool,
      postings: of,
      nameLength: nameWords.size,
      isDeprecated: deprecated.test(tool.description),
    })
    this.#place(document, this.knowledge.vectors.direction(all, 'offered', this.#sum))
    return document
  }

  #place(document: number, direction: Float32Array): void {
    const { length } = direction
    if ((document + 1) * length > this.#directions.length) {
      const room = Math.max(64, Math.ceil(document * 1.5))
      this.#directions = enlarged(this.#directions, room * length)
      this.#sketches = enlarged(this.#sketches, room * sketchLength)
    }
    this.#directions.set(direction, document * length)
    for (let at = 0; at < sketchLength; at++)
      this.#sketches[document * sketchLength + at] = direction[at] as number
  }

  /** Closes the gaps that dead entries left; nothing is described anew. */
  #compact(): void {
    this.#generation++
    const places = new Int32Array(this.#entries.length).fill(-1)
    let live = 0
    const { length } = this.knowledge.vectors
    for (const [document, entry] of this.#entries.entries()) {
      if (entry === undefined) continue
      this.#entries[live] = entry
      move(this.#directions, { from: document, to: live, length })
      move(this.#sketches, { from: document, to: live, length: sketchLength })
      places[document] = live++
    }
    this.#entries.length = live
    this.#directions.fill(0, live * length)
    this.#sketches.fill(0, live * sketchLength)
    for (const postings of this.#postings.values()) renumber(postings, places)
    for (const [serverId, shelf] of this.#shelves)
      this.#shelves.set(serverId, { ...shelf, documents: shelf.documents.map((each) => places[each] ?? -1) })
  }
}

function move(block: Float32Array, { from, to, length }: { from: number; to: number; length: number }): void {
  if (from !== to) block.copyWithin(to * length, from * length, (from + 1) * length)
}

/** Documents get their new numbers, in the same order; those that are dead go. */
function renumber({ documents, strengths, shares }: Postings, places: Int32Array): void {
  let kept = 0
  for (let at = 0; at < documents.length; at++) {
    const place = places[documents[at] as number] as number
    if (place === -1) continue
    documents[kept] = place
    strengths[kept] = strengths[at] as number
    shares[kept++] = shares[at] as number
  }
  documents.length = kept
  strengths.length = kept
  shares.length = kept
}

/** The hash stands for the whole definition. */
function isSame(one: PinnedTool, other: PinnedTool): boolean {
  return one.hash === other.hash && one.name === other.name && one.state === other.state
}

function enlarged(block: Float32Array, length: number): Float32Array<ArrayBuffer> {
  const grown = new Float32Array(length)
  grown.set(block)
  return grown
}
