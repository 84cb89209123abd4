import { type Ranker, readRanker } from './search-ranker.ts'
import { readSynonyms, type Synonyms } from './search-synonyms.ts'
import { readWordVectors, type WordVectors } from './word-vectors.ts'

/** What the search learned before it saw any tool of this installation. */
export type SearchKnowledge = {
  readonly vectors: WordVectors
  readonly synonyms: Synonyms
  readonly ranker: Ranker
}

/** Reads the committed files. */
export function readKnowledge(): SearchKnowledge {
  return { vectors: readWordVectors(), synonyms: readSynonyms(), ranker: readRanker() }
}
