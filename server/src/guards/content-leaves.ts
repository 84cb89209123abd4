import type { Leaf } from './finding.ts'
import { isJson, leavesOf } from './walk-json.ts'

/** The strings of a content: JSON is read string by string, JSON inside strings too, anything else is one leaf. */
export function contentLeaves(text: string): Leaf[] {
  if (!isJson(text)) return [{ text, path: '', name: '' }]
  return leavesOf(text, false).flatMap((leaf) => {
    if (leaf.text.length < 32 || !isJson(leaf.text)) return [leaf]
    return leavesOf(leaf.text, false).map((inner) => ({
      text: inner.text,
      name: inner.name,
      get path() {
        return `${leaf.path} → ${inner.path}`
      },
    }))
  })
}
