import { wordsWithStems } from './split-words.ts'

/** Which words of a query a text has, as the query wrote them, and how many words of the query mean anything. */
export type SharedWords = { readonly shared: readonly string[]; readonly asked: number }

/** What a text is about stands at its beginning. */
const maxTextChars = 1_000
const maxQueryWords = 64

/** Counts inflected forms of a word as that word, as the search does. */
export function sharedWords(query: string, text: string): SharedWords {
  const known = new Set(wordsWithStems(text.slice(0, maxTextChars)).map(([, stem]) => stem))
  const asked = new Map(
    wordsWithStems(query)
      .slice(0, maxQueryWords)
      .map(([word, stem]) => [stem, word]),
  )
  const shared = [...asked].filter(([stem]) => known.has(stem)).map(([, word]) => word)
  return { shared, asked: asked.size }
}
