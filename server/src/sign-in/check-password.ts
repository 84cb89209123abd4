import { GatewayError } from '../kernel/errors.ts'
import { commonWords } from './common-words.ts'

export const leastCharacters = 12
export const mostCharacters = 256

/** Letters that people write as something else. */
const disguises: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
}
const rows = [
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'azertyuiop',
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
]
const words = new Set(commonWords)
const longest = Math.max(...commonWords.map((word) => word.length))

/**
 * Throws invalid-field for a password that lists of stolen ones begin with: common words with numbers around them, runs
 * on the keyboard, repetitions, or what everybody knows of the person.
 */
export function checkPassword(password: string, loc: string, about: readonly string[]): void {
  const refuse = (rule: string, msg: string): never => {
    throw new GatewayError('invalid-field', `${loc}: ${msg}`, { errors: [{ loc, rule, msg }] })
  }
  const length = [...password.normalize('NFKC')].length
  if (length < leastCharacters) refuse('too-small', `Use at least ${leastCharacters} characters.`)
  if (length > mostCharacters) refuse('too-big', `Use at most ${mostCharacters} characters.`)
  if (isGuessable(password, about))
    refuse(
      'guessable',
      'This password is among the first that are tried. Take several words that do not belong together.',
    )
}

/** What remains after common words, runs, years and what is known of the person are taken out must be worth guessing. */
function isGuessable(password: string, about: readonly string[]): boolean {
  const known = about
    .flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    .filter(({ length }) => length > 2)
  return unexplained(password.normalize('NFKC').toLowerCase(), new Set(known)) < 6
}

/** Characters that no rule explains. The first of each common word counts as two, so several of them do suffice. */
function unexplained(text: string, known: ReadonlySet<string>): number {
  const plain = [...text].map((letter) => disguises[letter] ?? letter).join('')
  const seen = new Set<string>()
  let count = 0
  let index = 0
  while (index < text.length) {
    const taken = wordAt(text, index, known) ?? wordAt(plain, index, known) ?? runAt(text, index)
    if (taken === undefined) {
      count += text[index] === text[index - 1] ? 0 : 1
      index += 1
      continue
    }
    if (!seen.has(taken) && words.has(taken)) count += 2
    seen.add(taken)
    index += taken.length
  }
  return count
}

function wordAt(text: string, index: number, known: ReadonlySet<string>): string | undefined {
  for (let size = Math.min(Math.max(longest, 40), text.length - index); size > 2; size--) {
    const piece = text.slice(index, index + size)
    if (words.has(piece) || known.has(piece)) return piece
  }
  return undefined
}

/** A year, or four and more neighbours on the keyboard, in the alphabet or among the digits, either way round. */
function runAt(text: string, index: number): string | undefined {
  const year = /^(19|20)\d\d/.exec(text.slice(index))
  if (year !== null) return year[0]
  for (const row of rows) {
    for (const line of [row, [...row].reverse().join('')]) {
      let size = text.length - index
      while (size > 3 && !line.includes(text.slice(index, index + size))) size--
      if (size > 3) return text.slice(index, index + size)
    }
  }
  return undefined
}
