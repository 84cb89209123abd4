import { readFileSync } from 'node:fs'
import { stemWord } from './stem-word.ts'

/** What else a stem may be called, and how much of it that is (1 is the same), the nearest first. */
export type Synonyms = ReadonlyMap<string, readonly { readonly word: string; readonly factor: number }[]>

/** How much two words of a group are alike that meet only in its first one. */
const relatives = 0.7

/** Reads the committed file: groups of words, and lines with `>` that lead from narrow words to wide ones. */
export function readSynonyms(
  path: string | URL = new URL('./search-synonyms.txt', import.meta.url),
): Synonyms {
  const known = new Map<string, Map<string, number>>()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [narrow = '', wide] = line.split('>')
    if (wide === undefined) addGroup(known, stemsIn(narrow))
    else
      for (const from of stemsIn(narrow)) for (const to of stemsIn(wide)) add(known, from, { to, factor: 1 })
  }
  return new Map(
    [...known].map(([stem, ways]) => [
      stem,
      [...ways].map(([word, factor]) => ({ word, factor })).sort((a, b) => b.factor - a.factor),
    ]),
  )
}

function stemsIn(text: string): string[] {
  return text.split(/\s+/).filter(Boolean).map(stemWord)
}

function addGroup(known: Map<string, Map<string, number>>, words: readonly string[]): void {
  for (const [at, from] of words.entries())
    for (const [other, to] of words.entries())
      add(known, from, { to, factor: at === 0 || other === 0 ? 1 : relatives })
}

function add(
  known: Map<string, Map<string, number>>,
  from: string,
  way: { to: string; factor: number },
): void {
  if (from === way.to) return
  const ways = known.get(from) ?? new Map<string, number>()
  ways.set(way.to, Math.max(ways.get(way.to) ?? 0, way.factor))
  known.set(from, ways)
}
