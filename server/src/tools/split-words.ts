import { stemWord } from './stem-word.ts'
import { stopWords } from './stop-words.ts'

const run = /[\p{L}\p{M}\p{N}]+/gu
const humps = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|[\p{Lo}\p{M}\p{Lm}]+|\p{N}+|\p{L}+/gu
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
/** Such as GitHub and YouTube, which people also write as one word. */
const twoHumps = /^\p{Lu}\p{Ll}+\p{Lu}\p{Ll}+$/u
const maxWordChars = 40
/** Nothing to take apart, and the same in every form. */
const plain = /^[a-z]{1,40}$/

/** Scripts without spaces are searched by pairs of neighbouring characters. */
function pairs(word: string): string[] {
  const points = [...word]
  if (points.length < 2) return points
  return points.slice(1).map((point, at) => `${points[at]}${point}`)
}

/** Words as written, lower case: `readTextFile_v2` gives read, text, file, v, 2. */
export function splitWords(text: string): string[] {
  const words: string[] = []
  for (const chunk of text.match(run) ?? []) {
    if (plain.test(chunk)) words.push(chunk)
    else takeApart(chunk, words)
  }
  return words
}

function takeApart(chunk: string, words: string[]): void {
  const parts = /\p{Lu}|\p{N}|\p{Lo}/u.test(chunk) ? (chunk.match(humps) ?? []) : [chunk]
  if (parts.length === 2 && twoHumps.test(chunk)) words.push(chunk.toLowerCase())
  for (const part of parts) {
    const lower = part.toLowerCase().normalize('NFKC').slice(0, maxWordChars)
    if (unspaced.test(lower)) words.push(...pairs(lower))
    else words.push(lower)
  }
}

/** Words that mean something, each with what it is reduced to. */
export function wordsWithStems(text: string): (readonly [word: string, stem: string])[] {
  return splitWords(text)
    .filter((word) => !stopWords.has(word))
    .map((word) => [word, stemWord(word)] as const)
}

/** Words that mean something, reduced to what counts as the same word. */
export function stemsOf(text: string): string[] {
  const stems: string[] = []
  for (const word of splitWords(text)) if (!stopWords.has(word)) stems.push(stemWord(word))
  return stems
}
