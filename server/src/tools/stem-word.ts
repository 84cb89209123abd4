const vowel = /[aeiouy]/

function undouble(stem: string): string {
  const last = stem.at(-1)
  return last === stem.at(-2) && last !== 'l' && last !== 's' && last !== 'z' ? stem.slice(0, -1) : stem
}

function cutPlural(word: string): string {
  if (!word.endsWith('s')) return word
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(?:sses|shes|ches|xes|zes)$/.test(word)) return word.slice(0, -2)
  if (!/(?:ss|us|is)$/.test(word) && word.length > 3) return word.slice(0, -1)
  return word
}

function cutForm(word: string): string {
  for (const ending of ['ing', 'ed']) {
    if (!word.endsWith(ending)) continue
    const stem = word.slice(0, -ending.length)
    if (stem.length >= 3 && vowel.test(stem)) return undouble(stem)
  }
  return word
}

/** Endings that turn one English word into a relative of it; longer first. */
const relatives: readonly (readonly [string, string])[] = [
  ['ization', 'ize'],
  ['isation', 'ize'],
  ['ational', 'ate'],
  ['fulness', 'ful'],
  ['iveness', 'ive'],
  ['ication', 'icate'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['ition', 'it'],
  ['ction', 'ct'],
  ['ption', 'pt'],
  ['sion', 's'],
  ['ment', ''],
  ['ness', ''],
  ['ically', 'ic'],
  ['ably', 'abl'],
  ['able', 'abl'],
  ['ally', 'al'],
  ['ical', 'ic'],
  ['ly', ''],
  ['er', ''],
  ['or', ''],
]

/** By last letter: most words end with none of them. */
const relativesBy = Object.groupBy(relatives, ([ending]) => ending.at(-1) ?? '')

/**
 * A light stemmer for English: plurals, verb forms and the commonest word families. It need not give words, only the
 * same text for relatives; other languages pass nearly unchanged.
 */
export function stemWord(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word
  let stem = cutForm(cutPlural(word))
  for (const [ending, replacement] of relativesBy[stem.at(-1) ?? ''] ?? []) {
    if (stem.endsWith(ending) && stem.length - ending.length >= 4) {
      stem = stem.slice(0, -ending.length) + replacement
      break
    }
  }
  return stem.length > 3 && stem.endsWith('e')
    ? stem.slice(0, -1)
    : stem.endsWith('y') && stem.length > 3
      ? `${stem.slice(0, -1)}i`
      : stem
}
