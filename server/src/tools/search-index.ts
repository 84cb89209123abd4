import type { ServerId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { type ServerText, wordStrengths } from './describe-tool.ts'
import { stemsOf } from './split-words.ts'

/** Where a word stands and how strongly; `live` counts those of tools that are still there. */
type Postings = { documents: number[]; strengths: number[]; live: number }
type Shelf = { documents: number[] }

export type SearchHit = { readonly tool: PinnedTool; readonly score: number }
export type SearchAnswer = {
  readonly hits: SearchHit[] /** Words of the query that no visible tool knows. */
  readonly unmatched: string[]
}

const maxQueryWords = 64
const saturation = 1.2
/** Below this many dead entries a rebuild costs more than it saves. */
const rebuildFrom = 2_000

/** All tools of all connectors, searchable by words, updated one connector at a time. */
export class SearchIndex {
  #postings = new Map<string, Postings>()
  #documents: (PinnedTool | undefined)[] = []
  #shelves = new Map<ServerId, Shelf & { tools: readonly PinnedTool[]; server: ServerText }>()
  #live = 0

  put(serverId: ServerId, server: ServerText, tools: readonly PinnedTool[]): void {
    this.remove(serverId)
    if (tools.length === 0) return
    const documents = tools.map((tool) => this.#add(tool, server))
    this.#shelves.set(serverId, { documents, tools, server })
    this.#live += tools.length
    if (this.#documents.length - this.#live > Math.max(rebuildFrom, this.#live)) this.#rebuild()
  }

  remove(serverId: ServerId): void {
    const shelf = this.#shelves.get(serverId)
    if (shelf === undefined) return
    this.#shelves.delete(serverId)
    this.#live -= shelf.documents.length
    for (const document of shelf.documents) {
      const tool = this.#documents[document]
      this.#documents[document] = undefined
      if (tool === undefined) continue
      for (const word of wordStrengths(tool, shelf.server).keys()) {
        const postings = this.#postings.get(word)
        if (postings !== undefined && --postings.live === 0) this.#postings.delete(word)
      }
    }
  }

  #add(tool: PinnedTool, server: ServerText): number {
    const document = this.#documents.push(tool) - 1
    for (const [word, strength] of wordStrengths(tool, server)) {
      let postings = this.#postings.get(word)
      if (postings === undefined) {
        postings = { documents: [], strengths: [], live: 0 }
        this.#postings.set(word, postings)
      }
      postings.documents.push(document)
      postings.strengths.push(strength)
      postings.live++
    }
    return document
  }

  #rebuild(): void {
    const shelves = [...this.#shelves]
    this.#postings = new Map()
    this.#documents = []
    this.#shelves = new Map()
    this.#live = 0
    for (const [serverId, shelf] of shelves) this.put(serverId, shelf.server, shelf.tools)
  }

  search(query: string, o: { visible(tool: PinnedTool): boolean; topK: number }): SearchAnswer {
    const words = new Map<string, number>()
    for (const word of stemsOf(query).slice(0, maxQueryWords)) words.set(word, (words.get(word) ?? 0) + 1)
    const scores = new Float32Array(this.#documents.length)
    const seen = new Uint8Array(this.#documents.length)
    const unmatched: string[] = []
    for (const [word, times] of words) {
      const postings = this.#postings.get(word)
      if (postings === undefined) {
        unmatched.push(word)
        continue
      }
      const rarity =
        Math.log(1 + (this.#live - postings.live + 0.5) / (postings.live + 0.5)) * (1 + Math.log(times))
      let found = false
      for (const [at, document] of postings.documents.entries()) {
        const tool = this.#documents[document]
        if (tool === undefined) continue
        if (seen[document] === 0) seen[document] = o.visible(tool) ? 1 : 2
        if (seen[document] !== 1) continue
        found = true
        const strength = postings.strengths[at] ?? 0
        scores[document] = (scores[document] ?? 0) + (rarity * strength) / (strength + saturation)
      }
      if (!found) unmatched.push(word)
    }
    return { hits: this.#best(scores, o.topK), unmatched }
  }

  #best(scores: Float32Array, topK: number): SearchHit[] {
    const best: { document: number; score: number }[] = []
    let floor = 0
    for (let document = 0; document < scores.length; document++) {
      const score = scores[document] ?? 0
      if (score <= floor) continue
      let at = best.length
      while (at > 0 && (best[at - 1]?.score ?? 0) < score) at--
      best.splice(at, 0, { document, score })
      if (best.length > topK) best.pop()
      if (best.length === topK) floor = best[topK - 1]?.score ?? 0
    }
    return best.flatMap(({ document, score }) => {
      const tool = this.#documents[document]
      return tool === undefined ? [] : [{ tool, score }]
    })
  }
}
