import { createHash } from 'node:crypto'
import type { Era } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import type { JsonObject } from '../kernel/json.ts'
import { tasksExtension } from './protocol.ts'
import type { Seal } from './seal.ts'

/** A legacy session as its sealed token tells it (design.md §3). */
export type SessionFacts = {
  /** Hash of the token: the key of everything kept about the session. */
  readonly key: string
  readonly userId: string
  readonly endpoint: string
  readonly protocolVersion: string
  readonly capabilities: JsonObject
  readonly clientName: string | undefined
  readonly clientVersion: string | undefined
  readonly issuedAtMs: number
  /** The process that opened it, where its streams and upstream sessions are (pass-on.ts). */
  readonly home: string | undefined
}

export const sessionLifeMs = 24 * 60 * 60 * 1000
const maxCapabilityChars = 2_048
const maxNameChars = 120

const object = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}

const bridged = ['roots', 'sampling', 'elicitation', 'tasks', 'extensions']

/**
 * The capabilities the gateway can bridge; what it does not know it cannot honour, so it is not passed on. Tasks have a
 * form of their own in each era, and an upstream is told of the client's form only.
 */
export function knownCapabilities(declared: unknown, era: Era): JsonObject {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(object(declared))) {
    if (!bridged.includes(name) || (name === 'tasks' && era === 'modern')) continue
    kept[name] = object(value)
  }
  const { [tasksExtension]: tasks, ...others } = object(kept['extensions'])
  if (era === 'legacy' && tasks !== undefined) kept['extensions'] = others
  return JSON.stringify(kept).length <= maxCapabilityChars
    ? kept
    : Object.fromEntries(Object.keys(kept).map((name) => [name, {}]))
}

const shortText = (value: unknown) => (typeof value === 'string' ? value.slice(0, maxNameChars) : undefined)

export type SessionTokens = {
  issue(start: {
    caller: Caller
    endpoint: string
    protocolVersion: string
    capabilities: unknown
    clientInfo: unknown
  }): { token: string; facts: SessionFacts }
  /** undefined unless the token was issued here for this very person and endpoint and is not too old (T32). */
  read(token: string, caller: Caller, endpoint: string): SessionFacts | undefined
}

const cacheSize = 4_000

export function sessionTokens(seal: Seal, now: () => number, self?: string): SessionTokens {
  const cache = new Map<string, SessionFacts>()
  const remember = (token: string, facts: SessionFacts) => {
    if (cache.size >= cacheSize)
      for (const oldest of cache.keys()) {
        cache.delete(oldest)
        break
      }
    cache.set(token, facts)
  }
  const keyOf = (token: string) => createHash('sha256').update(token).digest('base64url').slice(0, 32)
  const open = (token: string): SessionFacts | undefined => {
    const cached = cache.get(token)
    if (cached !== undefined) return cached
    const sealed = seal.open(token)
    if (sealed === undefined) return undefined
    const facts = factsOf(keyOf(token), sealed)
    remember(token, facts)
    return facts
  }
  return {
    issue({ caller, endpoint, protocolVersion, capabilities, clientInfo }) {
      const info = object(clientInfo)
      const sealed: JsonObject = {
        u: caller.id,
        e: endpoint,
        v: protocolVersion,
        c: knownCapabilities(capabilities, 'legacy'),
        t: now(),
      }
      const name = shortText(info['name'])
      const version = shortText(info['version'])
      if (name !== undefined) sealed['n'] = name
      if (version !== undefined) sealed['w'] = version
      if (self !== undefined) sealed['h'] = self
      const token = seal.seal(sealed)
      const facts = factsOf(keyOf(token), sealed)
      remember(token, facts)
      return { token, facts }
    },
    read(token, caller, endpoint) {
      const facts = open(token)
      if (facts === undefined || facts.userId !== caller.id || facts.endpoint !== endpoint) return undefined
      return now() - facts.issuedAtMs > sessionLifeMs ? undefined : facts
    },
  }
}

function factsOf(key: string, sealed: JsonObject): SessionFacts {
  return {
    key,
    userId: String(sealed['u']),
    endpoint: String(sealed['e']),
    protocolVersion: String(sealed['v']),
    capabilities: object(sealed['c']),
    clientName: shortText(sealed['n']),
    clientVersion: shortText(sealed['w']),
    issuedAtMs: Number(sealed['t']),
    home: shortText(sealed['h']),
  }
}
