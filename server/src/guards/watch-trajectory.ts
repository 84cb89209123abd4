import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Finding } from './finding.ts'
import type { Reach } from './tool-reach.ts'

export type TrajectoryCall = {
  readonly key: string
  readonly connectorId: string
  readonly tool: string
  readonly reach: Reach
  readonly argsText: string
  /** Why the model called, in its own words, where it said so. */
  readonly purpose: string | undefined
}

const maxConversations = 2_000
const windowMs = 30 * 60_000
const windowCalls = 32
const maxWords = 24
const readChars = 1_000
/** What a person starts comes after a pause; a model that was turned goes on at once. */
const sameBreathMs = 20_000
const pivotAfter = 5
const driftAfter = 9
const repeats = 8
const manyDestroyed = 12
const oneMinuteMs = 60_000

/** Places in arguments that only somebody who wants more than the task looks at. */
const sensitive =
  /\/etc\/(?:passwd|shadow|sudoers)|\bid_(?:rsa|ed25519)\b|\.ssh\b|\.aws\b|\.kube\b|\.env\b|\.netrc\b|\bcredentials?\b|\bsecrets?\b|\bpasswords?\b|\bprivate[_ ]key\b|\bapi[_ ]keys?\b|\b(?:grant|sudo|admin(?:istrator)?|root|superuser|chmod|service[_ ]account)\b/i
const aWord = /\p{L}[\p{L}\p{N}]{3,30}/gu
/** Names of members and words of every second call say nothing about its subject. */
const empty: ReadonlySet<string> = new Set(
  'path file query name text title content value values limit type data body message list page items fields true false null http https from with this that your into string number search filter'.split(
    ' ',
  ),
)

/**
 * A call as the trajectory of its conversation keeps it: no word of it, only numbers made of words. Written over by a later
 * call: steps made anew for each would outlive the collections of young objects and fill the room of old ones.
 */
class Step {
  at = 0
  connector = ''
  tool = ''
  reach: Reach = 'reads'
  call = 0
  sensitive: string | undefined
  #count = 0
  readonly #words = new Int32Array(maxWords)

  write(call: TrajectoryCall, at: number): void {
    const args = call.argsText.length > readChars ? call.argsText.slice(0, readChars) : call.argsText
    this.at = at
    this.connector = call.connectorId
    this.tool = call.tool
    this.reach = call.reach
    // Only calls of a tool that changes something are compared.
    this.call = call.reach === 'reads' ? 0 : hashOf(args, hashOf(call.tool, hashOf(call.connectorId)))
    this.sensitive = sensitive.exec(args)?.[0].toLowerCase()
    this.#count = 0
    readWords(call.purpose === undefined ? args : `${args} ${call.purpose.slice(0, readChars)}`, this)
  }

  get words(): Int32Array {
    return this.#words.subarray(0, this.#count)
  }

  /** Each word once. Answers whether there is room for another. */
  add(word: number): boolean {
    const words = this.#words
    for (let at = 0; at < this.#count; at++) if (words[at] === word) return true
    words[this.#count++] = word
    return this.#count < maxWords
  }

  clearWords(): void {
    this.#count = 0
  }
}

export type TrajectoryWatch = ReturnType<typeof watchTrajectory>

/**
 * Follows what a conversation is about and how far its calls reach (AgentGuard): a sudden pivot, a slow drift, the same call
 * again and again, access that escalates. One principal and conversation, 32 calls and 30 minutes back.
 */
export function watchTrajectory(now: () => number) {
  const conversations = new BoundedCache<{ readonly steps: Step[]; spare: Step | undefined }>(
    maxConversations,
  )
  return {
    /** What this call is in the light of those before it. Remembers it either way. */
    ask(call: TrajectoryCall): Finding | undefined {
      const at = now()
      const conversation = conversations.get(call.key) ?? { steps: [], spare: undefined }
      const { steps, spare } = conversation
      if (steps.length === 0) conversations.set(call.key, conversation)
      while (steps[0] !== undefined && steps[0].at < at - windowMs) steps.shift()
      const step = spare ?? new Step()
      step.write(call, at)
      const finding = judgeTrajectory(steps, step)
      steps.push(step)
      conversation.spare = steps.length > windowCalls ? steps.shift() : undefined
      return finding
    },
  }
}

/** Pure: the worst that can be said of a step after those before it. */
function judgeTrajectory(before: readonly Step[], step: Step): Finding | undefined {
  return escalates(before, step) ?? repeated(before, step) ?? pivots(before, step) ?? drifts(before, step)
}

/** Three different places of power within one window, the last with a tool that does more than read. */
function escalates(before: readonly Step[], step: Step): Finding | undefined {
  if (step.sensitive === undefined) return undefined
  const places = new Set([...before.flatMap((each) => each.sensitive ?? []), step.sensitive])
  const isNew = !before.some((each) => each.sensitive === step.sensitive)
  if (places.size < 3 || !isNew) return undefined
  return says(
    'escalating-access',
    'The calls of this conversation reach for one place of power after another: files with keys, rights, secrets.',
    step.reach === 'reads' ? 0.6 : 0.75,
  )
}

function repeated(before: readonly Step[], step: Step): Finding | undefined {
  if (step.reach === 'reads') return undefined
  const same = before.filter(({ call }) => call === step.call).length + 1
  if (same >= repeats && same % repeats === 0)
    return says('repeated-call', 'The same call that changes something is made again and again.', 0.55)
  if (step.reach !== 'destroys') return undefined
  const since = step.at - oneMinuteMs
  const destroyed = before.filter(({ reach, at }) => reach === 'destroys' && at >= since).length + 1
  if (destroyed !== manyDestroyed) return undefined
  return says('mass-destruction', 'One conversation destroys many things within a minute.', 0.7)
}

/** In one breath from a settled subject to a connector never used, to write about what was never spoken of. */
function pivots(before: readonly Step[], step: Step): Finding | undefined {
  const last = before.at(-1)
  if (step.reach === 'reads' || last === undefined || before.length < pivotAfter) return undefined
  if (step.at - last.at > sameBreathMs || step.words.length < 3) return undefined
  if (before.some(({ connector }) => connector === step.connector)) return undefined
  if (before.some(({ reach }) => reach !== 'reads')) return undefined
  const spoken = new Set(before.flatMap(({ words }) => [...words]))
  if (spoken.size < 6 || step.words.some((word) => spoken.has(word))) return undefined
  return says(
    'sudden-pivot',
    'After calls that only read about one subject, this call at once writes about another with a connector that was not used before.',
    0.65,
  )
}

/** Step by step away from where it began: nothing of the start is left, and what only read now changes things. */
function drifts(before: readonly Step[], step: Step): Finding | undefined {
  if (step.reach === 'reads' || before.length < driftAfter || step.words.length < 3) return undefined
  const start = before.slice(0, 4)
  const late = [...before.slice(-3), step]
  const middle = before.slice(4, -3)
  if ([...start, ...middle].some(({ reach }) => reach !== 'reads')) return undefined
  if (late.filter(({ reach }) => reach !== 'reads').length < 2) return undefined
  const began = new Set(start.flatMap(({ words }) => [...words]))
  const ends = new Set(late.flatMap(({ words }) => [...words]))
  if (began.size < 6 || [...ends].some((word) => began.has(word))) return undefined
  if (middle.length === 0 || !chained([...start.slice(-1), ...middle, ...late])) return undefined
  return says(
    'slow-drift',
    'Call by call the conversation left the subject it began with, and what began with reading now changes things.',
    0.6,
  )
}

/** Whether most neighbours share a word: a drift, not one task after another. */
function chained(steps: readonly Step[]): boolean {
  const shared = steps.slice(1).filter((step, at) => {
    const before = new Set(steps[at]?.words)
    return step.words.some((word) => before.has(word))
  })
  return shared.length >= (steps.length - 1) * 0.6
}

/** What a word is known by: its first letters, so that forms of it are one. */
const stemChars = 7
const longestWord = 31

function readWords(text: string, step: Step): void {
  const take = (hash: number, stem: number) => emptyHashes.has(hash) || step.add(stem)
  if (eachAsciiWord(text, take)) return
  step.clearWords()
  for (const [match] of text.matchAll(aWord)) {
    const word = match.toLowerCase()
    if (!empty.has(word) && !step.add(hashOf(word.slice(0, stemChars)))) return
  }
}

/**
 * Hashes of the words of a text, whole and by stem, in lower case, until `take` has enough. False, and nothing that counts,
 * when a character is not ASCII: then `aWord` reads it. Every call comes here, and code by code takes a fifth of the time.
 */
function eachAsciiWord(text: string, take: TakeWord): boolean {
  const word = new AsciiWord()
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return false
    const letter = folded(code)
    if (word.grows(letter)) continue
    if (!word.end(take)) return true
    // The character behind the longest word begins the next.
    word.grows(letter)
  }
  word.end(take)
  return true
}

/** Answers whether there is room for more. */
type TakeWord = (hash: number, stem: number) => boolean

class AsciiWord {
  #length = 0
  #hash = offsetBasis
  #stem = 0

  /** Whether a character belongs to the word. It begins with a letter. */
  grows(letter: number): boolean {
    if (letter === 0 || this.#length === longestWord || (this.#length === 0 && letter < 0x61)) return false
    this.#hash = hashed(this.#hash, letter)
    this.#length++
    if (this.#length <= stemChars) this.#stem = this.#hash
    return true
  }

  end(take: TakeWord): boolean {
    const isMore = this.#length < 4 || take(this.#hash, this.#stem)
    this.#length = 0
    this.#hash = offsetBasis
    return isMore
  }
}

/** The code of a letter in lower case, of a digit as it is; 0 for every other one, and for none. */
function folded(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return code
  if (code >= 0x41 && code <= 0x5a) return code | 0x20
  return code >= 0x30 && code <= 0x39 ? code : 0
}

/** FNV-1a. */
const offsetBasis = 0x811c9dc5
const hashed = (hash: number, code: number) => Math.imul(hash ^ code, 0x01000193)

function hashOf(text: string, start = offsetBasis): number {
  let hash = start
  for (let at = 0; at < text.length; at++) hash = hashed(hash, text.charCodeAt(at))
  return hash
}

const emptyHashes: ReadonlySet<number> = new Set([...empty].map((word) => hashOf(word)))

const says = (detector: string, reason: string, weight: number): Finding => ({
  detector,
  reason,
  weight,
  scanner: 'trajectory',
  category: 'departure',
  path: 'arguments',
  excerpt: '',
  through: undefined,
})
