import type { PinnedTool } from '../kernel/tool.ts'
import type { SearchIndex } from './search-index.ts'

/** Which documents of the index somebody may see: one bit each, decided before anything is ranked. */
export class Sight {
  readonly #index: SearchIndex
  /** Closing gaps numbers the documents anew; an older sight means nothing then. */
  readonly #generation: number
  #bits = new Uint8Array(0)
  #size = 0

  constructor(index: SearchIndex) {
    this.#index = index
    this.#generation = index.generation
  }

  get isCurrent(): boolean {
    return this.#generation === this.#index.generation
  }

  /** Decides about documents that came since; those that went are nobody's. */
  look(visible: (tool: PinnedTool) => boolean): this {
    const { size } = this.#index
    if (size === this.#size) return this
    if (size > this.#bits.length * 8) {
      const grown = new Uint8Array(Math.ceil(size / 8))
      grown.set(this.#bits)
      this.#bits = grown
    }
    for (let document = this.#size; document < size; document++) {
      const tool = this.#index.tool(document)
      if (tool !== undefined && visible(tool))
        this.#bits[document >> 3] = (this.#bits[document >> 3] ?? 0) | (1 << (document & 7))
    }
    this.#size = size
    return this
  }

  /** What it keeps in memory. */
  get bytes(): number {
    return this.#bits.byteLength
  }

  /** The same, ready for one search. */
  unfold(): Seen {
    const visible = new Uint8Array(this.#size)
    let count = 0
    // Where none is gone, nothing needs to be looked up.
    const isWhole = this.#index.live === this.#index.size
    for (let document = 0; document < this.#size; document++) {
      const isSeen = ((this.#bits[document >> 3] as number) & (1 << (document & 7))) !== 0
      if (!isSeen || (!isWhole && this.#index.tool(document) === undefined)) continue
      visible[document] = 1
      count++
    }
    return { visible, count }
  }
}

/** What one search may see: 1 for each document, and how many those are. */
export type Seen = { readonly visible: Uint8Array; readonly count: number }

/** So many people's sights are kept; 10,000 tools take 1.25 KB each. */
const maxSights = 2_000

/** Sights by what they were decided from. The one not asked for longest goes first. */
export class Sights {
  readonly #byKey = new Map<string, Sight>()
  readonly #index: SearchIndex

  constructor(index: SearchIndex) {
    this.#index = index
  }

  /** `key` names everything `visible` goes by but the tools themselves; without one nothing is remembered. */
  of(key: string | undefined, visible: (tool: PinnedTool) => boolean): Sight {
    if (key === undefined) return new Sight(this.#index).look(visible)
    const known = this.#byKey.get(key)
    const sight = known?.isCurrent === true ? known : new Sight(this.#index)
    sight.look(visible)
    this.#byKey.delete(key)
    this.#byKey.set(key, sight)
    if (this.#byKey.size > maxSights)
      for (const [oldest] of this.#byKey) {
        this.#byKey.delete(oldest)
        break
      }
    return sight
  }
}
