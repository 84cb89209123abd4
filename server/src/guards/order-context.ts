import { wordsOf } from './definition-leaves.ts'
import type { Leaf } from './finding.ts'
import { type Around, stemsOf } from './model/order-features.ts'

/** Names of members that every schema has. */
const ofSchemas = stemsOf(
  'inputSchema outputSchema properties items description title default enum examples const',
)
/** A name of many words may be a sentence of an attack; it does not count as what the tool is about. */
const isName = (part: string) => part.length <= 40 && !/\s|(?:[A-Za-z]{1,24}[_-]){4,}/.test(part)

/** For each text of a definition: what the definition's other texts and the names of its parameters speak of. */
export function aroundLeaves(leaves: readonly Leaf[]): Around[] {
  const own = leaves.map(({ text }) => stemsOf(text))
  const texts = new Map<string, number>()
  for (const stems of own) for (const stem of stems) texts.set(stem, (texts.get(stem) ?? 0) + 1)
  const parts = new Set(leaves.flatMap(({ path }) => path.split('.')).filter(isName))
  const names = stemsOf([...parts].map(wordsOf).join(' '))
  for (const stem of ofSchemas) names.delete(stem)
  return leaves.map(({ name }, at) => ({
    field: name,
    size: names.size + texts.size - (own[at]?.size ?? 0),
    knows: (stem) => names.has(stem) || (texts.get(stem) ?? 0) > (own[at]?.has(stem) === true ? 1 : 0),
  }))
}
