import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Finding } from './finding.ts'
import type { Reach } from './tool-reach.ts'

/** What a conversation is remembered by: content that steered, and what was read since. Bounded in every member. */
type Conversation = {
  lastAt: number
  calls: number
  tainted: Taint | undefined
  /** Parts of what came back after the taint, to see them leave. */
  read: string[]
  used: Set<string>
  ended: string | undefined
}

type Taint = {
  readonly at: number
  readonly call: number
  readonly connector: string
  readonly tool: string
  /** Addresses and hosts that the steering text named. */
  readonly addresses: readonly string[]
}

export type FlowCall = {
  readonly key: string
  readonly connector: { readonly id: string; readonly name: string }
  readonly tool: string
  readonly reach: Reach
  readonly argsText: string
}

export type FlowAnswer = {
  readonly key: string
  readonly connector: { readonly id: string; readonly name: string }
  readonly tool: string
  readonly text: string
  /** A guard saw text in it that steers a model. */
  readonly steers: boolean
}

const maxConversations = 2_000
const windowMs = 30 * 60_000
const windowCalls = 40
const keptAnswers = 6
const keptChars = 2_000
const maxAddresses = 16
const runLength = 32

const address = /\bhttps?:\/\/([\w.-]{3,120})|\b[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,4})\b/gi

export type FlowWatch = ReturnType<typeof watchFlow>

/**
 * Follows a conversation over its calls (T29): after content that steers the model was read, a write is where it would
 * act. One principal and conversation, 30 minutes and 40 calls back.
 */
export function watchFlow(now: () => number) {
  const conversations = new BoundedCache<Conversation>(maxConversations)
  const live = (key: string): Conversation | undefined => {
    // Of most conversations there is nothing to remember.
    if (conversations.size === 0) return undefined
    const known = conversations.get(key)
    if (known !== undefined && now() - known.lastAt <= windowMs) return known
    if (known !== undefined) conversations.delete(key)
    return undefined
  }
  return {
    /** Why the conversation was ended, or undefined. */
    endedBy: (key: string) => live(key)?.ended,
    /** No call of it goes through any more, until half an hour passed without one. */
    end(key: string, reason: string): void {
      const conversation = live(key) ?? fresh()
      conversation.ended = reason
      conversation.lastAt = now()
      conversations.set(key, conversation)
    },
    /** What a call would do to what was read before. Cheap for conversations in which nothing steered. */
    ask(call: FlowCall): Finding | undefined {
      const conversation = live(call.key)
      if (conversation === undefined) return undefined
      conversation.calls++
      conversation.lastAt = now()
      const { tainted } = conversation
      if (tainted === undefined || conversation.calls - tainted.call > windowCalls) return undefined
      const finding = departure(conversation, tainted, call)
      conversation.used.add(call.connector.id)
      return finding
    },
    hear(answer: FlowAnswer): void {
      let conversation = live(answer.key)
      if (conversation === undefined) {
        if (!answer.steers) return
        conversation = fresh()
        conversations.set(answer.key, conversation)
      }
      conversation.lastAt = now()
      if (conversation.tainted !== undefined && !answer.steers) {
        conversation.read.push(answer.text.slice(0, keptChars))
        if (conversation.read.length > keptAnswers) conversation.read.shift()
      }
      if (answer.steers) {
        conversation.tainted = {
          at: now(),
          call: conversation.calls,
          connector: answer.connector.name,
          tool: answer.tool,
          addresses: addressesIn(answer.text),
        }
        conversation.used.add(answer.connector.id)
      }
    },
  }
}

const fresh = (): Conversation => ({
  lastAt: 0,
  calls: 0,
  tainted: undefined,
  read: [],
  used: new Set(),
  ended: undefined,
})

function departure(conversation: Conversation, taint: Taint, call: FlowCall): Finding | undefined {
  const args = call.argsText.toLowerCase()
  const follows = taint.addresses.some((each) => args.includes(each))
  if (call.reach === 'reads' && !follows) return undefined
  const carries = conversation.read.some((text) => sharesRun(text, call.argsText))
  const source = `"${taint.tool.slice(0, 64)}" of ${taint.connector.slice(0, 64)}`
  const isNew = !conversation.used.has(call.connector.id)
  const how = follows
    ? 'to an address that this text named'
    : carries
      ? 'and carries what was read since'
      : isNew
        ? 'with a connector that was not used before'
        : 'although nobody looked at it'
  return {
    detector: follows ? 'output-steering' : carries ? 'data-carried-out' : 'write-after-steering',
    scanner: 'flow',
    category: 'toxic-flow',
    reason: `${source} answered with text that steers the model; this call then writes ${how}.`,
    path: 'arguments',
    excerpt: '',
    weight: follows || carries ? 0.95 : call.reach === 'destroys' ? 0.85 : 0.7,
    through: undefined,
  }
}

function addressesIn(text: string): string[] {
  const found = new Set<string>()
  for (const match of text.slice(0, 200_000).matchAll(address)) {
    if (found.size >= maxAddresses) break
    found.add((match[0].includes('@') ? match[0] : (match[1] ?? '')).toLowerCase())
  }
  return [...found]
}

/** Whether a long enough part of one text stands in the other. Linear in both. */
function sharesRun(read: string, args: string): boolean {
  if (args.length < runLength) return false
  for (let at = 0; at + runLength <= read.length; at += runLength) {
    const part = read.slice(at, at + runLength)
    if (/[A-Za-z0-9]{4}/.test(part) && args.includes(part)) return true
  }
  return false
}
