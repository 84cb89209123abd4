import type { ServerId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { describeTool, type ServerText } from './describe-tool.ts'
import { vectorLength, type WordVectors } from './word-vectors.ts'

/** Where a word stands, ascending by document, how strongly, and which share of the tool's name it is. */
export type Postings = { documents: number[]; strengths: number[]; shares: number[]; live: number }
type Entry = { readonly tool: PinnedTool; readonly words: readonly string[]; readonly isDeprecated: boolean }
type Shelf = {
  readonly documents: readonly number[]
  readonly tools: readonly PinnedTool[]
  readonly server: ServerText
}

/** A tool that says this of itself yields to the one it names instead. */
const deprecated = /\bdeprecated\b/i

/** Below this many dead entries a rebuild costs more than it saves. */
const rebuildFrom = 2_000

/** The words and directions of all tools of all connectors, updated one connector at a time. Ranking reads it. */
export class SearchIndex {
  readonly vectors: WordVectors | undefined
  #postings = new Map<string, Postings>()
  #entries: (Entry | undefined)[] = []
  #directions = new Float32Array(0)
  #shelves = new Map<ServerId, Shelf>()
  #live = 0

  constructor(vectors?: WordVectors) {
    this.vectors = vectors
  }

  /** Tools that are there. */
  get live(): number {
    return this.#live
  }

  /** Documents are numbers below this; some may be gone. */
  get size(): number {
    return this.#entries.length
  }

  tool(document: number): PinnedTool | undefined {
    return this.#entries[document]?.tool
  }

  isDeprecated(document: number): boolean {
    return this.#entries[document]?.isDeprecated ?? false
  }

  serverName(serverId: ServerId): string {
    return this.#shelves.get(serverId)?.server.name ?? ''
  }

  postings(word: string): Postings | undefined {
    return this.#postings.get(word)
  }

  /** All directions in one block, `vectorLength` numbers for each document. */
  get directions(): Float32Array {
    return this.#directions
  }

  put(serverId: ServerId, server: ServerText, tools: readonly PinnedTool[]): void {
    this.remove(serverId)
    if (tools.length === 0) return
    const documents = tools.map((tool) => this.#add(tool, server))
    this.#shelves.set(serverId, { documents, tools, server })
    this.#live += tools.length
    if (this.#entries.length - this.#live > Math.max(rebuildFrom, this.#live)) this.#rebuild()
  }

  remove(serverId: ServerId): void {
    const shelf = this.#shelves.get(serverId)
    if (shelf === undefined) return
    this.#shelves.delete(serverId)
    this.#live -= shelf.documents.length
    for (const document of shelf.documents) {
      for (const word of this.#entries[document]?.words ?? []) {
        const postings = this.#postings.get(word)
        if (postings !== undefined && --postings.live === 0) this.#postings.delete(word)
      }
      this.#entries[document] = undefined
      this.#directions.fill(0, document * vectorLength, (document + 1) * vectorLength)
    }
  }

  #add(tool: PinnedTool, server: ServerText): number {
    const { strengths, nameWords, all } = describeTool(tool, server)
    const document =
      this.#entries.push({
        tool,
        words: [...strengths.keys()],
        isDeprecated: deprecated.test(tool.description),
      }) - 1
    for (const [word, strength] of strengths) {
      let postings = this.#postings.get(word)
      if (postings === undefined) {
        postings = { documents: [], strengths: [], shares: [], live: 0 }
        this.#postings.set(word, postings)
      }
      postings.documents.push(document)
      postings.strengths.push(strength)
      postings.shares.push(nameWords.has(word) ? 1 / nameWords.size : 0)
      postings.live++
    }
    if (this.vectors !== undefined) this.#place(document, this.vectors.direction(all))
    return document
  }

  #place(document: number, direction: Float32Array): void {
    if ((document + 1) * vectorLength > this.#directions.length) {
      const grown = new Float32Array(Math.max(64, document * 2) * vectorLength)
      grown.set(this.#directions)
      this.#directions = grown
    }
    this.#directions.set(direction, document * vectorLength)
  }

  #rebuild(): void {
    const shelves = [...this.#shelves]
    this.#postings = new Map()
    this.#entries = []
    this.#directions = new Float32Array(0)
    this.#shelves = new Map()
    this.#live = 0
    for (const [serverId, shelf] of shelves) this.put(serverId, shelf.server, shelf.tools)
  }
}
