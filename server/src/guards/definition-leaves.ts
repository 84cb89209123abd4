import { findHidden } from './find-hidden.ts'
import type { Leaf } from './finding.ts'
import { leavesOf, memberName } from './walk-json.ts'

/** The words of an identifier, so that `readAllMail` and `read_all_mail` read alike. */
export const wordsOf = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ')

/** Schema members that say nothing in words. */
const technical = /^(?:type|format|\$schema|\$ref|pattern|\$id|required|contentEncoding)$/

/** Names of members that are sentences, or hold what a name has no need of. Ordinary names say nothing. */
const strangeName = /[^\t -~]|\s|^(?:[A-Za-z]{1,24}[_-]){4,}/

/** What a model reads of a tool definition: names, descriptions, titles, enums, defaults, examples, annotations. */
export function definitionLeaves(definition: string): Leaf[] {
  return leavesOf(definition, true).flatMap((leaf) => {
    if (leaf.name === memberName) {
      if (!strangeName.test(leaf.text)) return []
      return [{ text: wordsOf(leaf.text), name: leaf.name, path: leaf.path }]
    }
    if (technical.test(leaf.name)) return hides(leaf) ? [leaf] : []
    if (leaf.name !== 'name' && leaf.name !== 'title') return [leaf]
    return [{ text: wordsOf(leaf.text), name: leaf.name, path: leaf.path }]
  })
}

/** Patterns name the characters they refuse, invisible ones too; only text that is hidden in one counts. */
function hides({ name, text }: Leaf): boolean {
  const hits = findHidden(text)?.hits ?? []
  return name === 'pattern' ? hits.some(({ weight }) => weight >= 0.9) : hits.length > 0
}
