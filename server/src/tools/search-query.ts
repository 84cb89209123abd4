import { splitWords } from './split-words.ts'
import { stemWord } from './stem-word.ts'
import { stopWords } from './stop-words.ts'

export type AskedWord = {
  readonly word: string
  readonly stem: string
  readonly weight: number
  /** Written by whoever asks as a word, not found inside a value or added. */
  readonly isPlain: boolean
}
/** A part of a request that may need a tool of its own. */
export type Part = { readonly words: readonly AskedWord[]; readonly isImplied: boolean }
export type ReadQuery = {
  readonly whole: Part
  /** Empty when the request is one step. */
  readonly steps: readonly Part[]
}

const maxQueryChars = 4_000
const maxWords = 64
const maxSteps = 6
const fewestWords = 2

/** What a value says by its form; its own letters say little, since they match by accident. */
const weights = { plain: 1, kind: 0.6, inValue: 0.25, number: 0.25, implied: 0.8 }

const value =
  /(?<url>https?:\/\/[^\s"'<>)]+)|(?<email>[\w.+-]+@[\w-]+\.[\w.]+)|(?<ip>\b\d{1,3}(?:\.\d{1,3}){3}\b)|(?<path>(?:~|\.{1,2})?\/[\w.@-]+(?:\/[\w.@-]*)*|\b[A-Za-z]:\\[\w.\\-]+|\b[\w-]+\.(?:md|markdown|txt|log|csv|tsv|json|xml|yaml|yml|html?|pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|svg|webp|mp3|wav|flac|ogg|mp4|mov|avi|mkv|zip|tar|gz|py|js|ts|tsx|jsx|java|go|rs|cpp|c|h|rb|php|sql|ipynb|bib|tex)\b)/giu

/** Words for a file by its ending. */
const endings: Readonly<Record<string, string>> = {
  md: 'markdown file',
  markdown: 'markdown file',
  txt: 'text file',
  log: 'log file',
  bib: 'text file',
  tex: 'text file',
  csv: 'csv file',
  tsv: 'csv file',
  json: 'json file',
  xml: 'xml file',
  yaml: 'yaml file',
  yml: 'yaml file',
  html: 'html file',
  htm: 'html file',
  pdf: 'pdf document',
  doc: 'word document docx',
  docx: 'word document docx',
  xls: 'excel spreadsheet xlsx',
  xlsx: 'excel spreadsheet xlsx',
  ppt: 'powerpoint presentation pptx',
  pptx: 'powerpoint presentation pptx',
  png: 'image file',
  jpg: 'image file',
  jpeg: 'image file',
  gif: 'image file',
  svg: 'svg image',
  webp: 'image file',
  mp3: 'audio file',
  wav: 'audio file',
  flac: 'audio file',
  ogg: 'audio file',
  mp4: 'video file',
  mov: 'video file',
  avi: 'video file',
  mkv: 'video file',
  zip: 'zip archive',
  tar: 'archive file',
  gz: 'archive file',
  sql: 'sql file',
}
const plainFiles =
  /\.(?:md|markdown|txt|log|bib|tex|csv|tsv|json|xml|ya?ml|html?|py|[jt]sx?|java|go|rs|cpp|[ch]|rb|php|sql)$/i
const number = /^\p{N}+$/u
const border =
  /[.?!;。？！；\n]+(?:\s+|$)|[，、]|,?\s+(?:and then|then|and also|also|finally|lastly|next,|after that|afterwards|and)\s+|,\s+/i
const saving =
  /\b(?:sav(?:e|ed|ing)|writ(?:e|ing|ten)|stor(?:e|ed)|export|creat(?:e|ing)|generat(?:e|ed)|report|output|put|record|produce)\b/i
const reading = /\b(?:read|open|view|show|load|look|check|summar\w+|analy\w+|what|convert|find)\b/i
const relativeDay =
  /\b(?:tomorrow|yesterday|(?:next|last|this|coming) (?:week|weekend|month|mon|tues|wednes|thurs|fri|satur|sun)\w*|days ago)\b/i

/** Values are replaced by a mark, so that borders of steps are not looked for inside them. */
function markValues(text: string): { text: string; values: { kind: string; text: string }[] } {
  const values: { kind: string; text: string }[] = []
  const marked = text.replaceAll(value, (found: string, ...rest) => {
    const groups = rest.at(-1) as Record<string, string | undefined>
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined) ?? 'path'
    const end = found.replace(/[.,;:]+$/, '')
    values.push({ kind, text: end })
    return ` \uE000${values.length - 1}\uE001 ${found.slice(end.length)}`
  })
  return { text: marked, values }
}

function kindWords(kind: string, text: string): string {
  if (kind === 'url') return 'url web page'
  if (kind === 'email') return 'email'
  if (kind === 'ip') return 'ip address'
  const ending = /\.([a-z0-9]+)$/i.exec(text)?.[1]?.toLowerCase()
  if (ending === undefined) return text.includes('/') || text.includes('\\') ? 'directory path' : ''
  return endings[ending] ?? 'code file'
}

function wordsIn(text: string, weight: number): AskedWord[] {
  return splitWords(text)
    .filter((word) => !stopWords.has(word))
    .map((word) => ({
      word,
      stem: stemWord(word),
      weight: number.test(word) ? Math.min(weight, weights.number) : weight,
      isPlain: weight === weights.plain,
    }))
}

/** Equal stems once, with their largest weight. */
function joined(words: readonly AskedWord[]): AskedWord[] {
  const byStem = new Map<string, AskedWord>()
  for (const each of words) {
    const known = byStem.get(each.stem)
    if (known === undefined || known.weight < each.weight) byStem.set(each.stem, each)
  }
  return [...byStem.values()].slice(0, maxWords)
}

function impliedBy(text: string, values: readonly { kind: string; text: string }[]): string[] {
  const implied: string[] = []
  for (const { kind, text: written } of values) {
    if (kind !== 'path') continue
    if (plainFiles.test(written)) {
      if (saving.test(text)) implied.push('write file content')
      if (reading.test(text)) implied.push('read file content')
    } else if (!/\.\w+$/.test(written)) implied.push('list directory files')
  }
  if (relativeDay.test(text)) implied.push('get current date time')
  return implied
}

/** What a request asks for: its words with their weight, and its steps. */
export function readQuery(query: string): ReadQuery {
  const { text, values } = markValues(query.slice(0, maxQueryChars))
  const implied = new Set<string>()
  const parts: AskedWord[][] = []
  for (const segment of text.split(border)) {
    const mentioned = [...segment.matchAll(/\uE000(\d+)\uE001/g)].flatMap(
      ([, at]) => values[Number(at)] ?? [],
    )
    for (const each of impliedBy(segment, mentioned)) implied.add(each)
    const plain = wordsIn(segment.replaceAll(/\uE000\d+\uE001/g, ' '), weights.plain)
    const ofValues = mentioned.flatMap((each) => [
      ...wordsIn(kindWords(each.kind, each.text), weights.kind),
      ...wordsIn(each.text, weights.inValue),
    ])
    const words = joined([...plain, ...ofValues])
    if (words.length > 0) parts.push(words)
  }
  const steps = parts.filter((words) => words.filter(({ weight }) => weight > 0.5).length >= fewestWords)
  const whole = joined(parts.flat())
  const impliedParts = [...implied].map((words) => ({
    words: wordsIn(words, weights.implied),
    isImplied: true,
  }))
  return {
    whole: { words: whole, isImplied: false },
    steps: [
      ...(steps.length > 1 ? steps.slice(0, maxSteps).map((words) => ({ words, isImplied: false })) : []),
      ...impliedParts.slice(0, 2),
    ],
  }
}
