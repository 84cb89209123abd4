import type { Leaf } from './finding.ts'
import { leavesOf } from './walk-json.ts'

/** The words of an identifier, so that `readAllMail` and `read_all_mail` read alike. */
export const wordsOf = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ')

/** Schema members that say nothing in words. */
const technical = /^(?:type|format|\$schema|\$ref|pattern|\$id|required|contentEncoding)$/

/** What a model reads of a tool definition: names, descriptions, titles, enums, defaults, examples, annotations. */
export function definitionLeaves(definition: string): Leaf[] {
  const leaves = leavesOf(definition, false).filter(({ name }) => !technical.test(name))
  return leaves.map((leaf) =>
    leaf.name === 'name' || leaf.name === 'title'
      ? { text: wordsOf(leaf.text), name: leaf.name, path: leaf.path }
      : leaf,
  )
}
