import type { Leaf } from './finding.ts'
import { isJson as isJsonText, leavesOf } from './walk-json.ts'

/** A leaf of a JSON text that stands in a leaf. */
class InnerLeaf implements Leaf {
  readonly text: string
  readonly name: string
  readonly #outer: Leaf
  readonly #inner: Leaf

  constructor(outer: Leaf, inner: Leaf) {
    this.text = inner.text
    this.name = inner.name
    this.#outer = outer
    this.#inner = inner
  }

  get path(): string {
    return `${this.#outer.path} → ${this.#inner.path}`
  }
}

/**
 * The strings of a content: JSON is read string by string, JSON inside strings too, anything else is one leaf. Of `isJson`
 * the caller is sure: parsing a call's text once more would cost as much as looking for rules in it.
 */
export function contentLeaves(text: string, isJson = isJsonText(text)): Leaf[] {
  if (!isJson) return [{ text, path: '', name: '' }]
  const leaves = leavesOf(text, false)
  const first = leaves.findIndex(holdsJson)
  if (first === -1) return leaves
  return leaves.flatMap((leaf, at) =>
    at === first || (at > first && holdsJson(leaf))
      ? leavesOf(leaf.text, false).map((inner) => new InnerLeaf(leaf, inner))
      : [leaf],
  )
}

const holdsJson = ({ text }: Leaf): boolean => text.length >= 32 && isJsonText(text)
