import { createHash } from 'node:crypto'
import type { Endpoint, Resume } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { endpointKey } from './endpoint.ts'
import type { Seal } from './seal.ts'

/** What a request state is bound to: used by anybody else, elsewhere, or for another request, it is refused (X1, T32). */
export type StateBinding = {
  caller: Caller
  endpoint: Endpoint
  method: string
  name: string
  argsText: string | undefined
}

export type RequestStates = {
  seal(resume: Resume, binding: StateBinding): string
  /** After a question of ours: the connector this person was asked to connect before this request. */
  sealConnect(serverId: string, binding: StateBinding): string
  /** undefined when the text is no such state; throws state-refused when it is one of another request or too old. */
  openConnect(text: string, binding: StateBinding): string | undefined
  /** Throws state-refused unless this very text was sealed here for this binding and is not too old. */
  open(text: string, binding: StateBinding): Resume & { home?: string }
}

const lifeMs = 15 * 60 * 1000

/**
 * Request states travel through the client sealed: an upstream's own state, or the handle of a parked call and `self`, the
 * process where it waits.
 */
export function requestStates(seal: Seal, now: () => number, self?: string): RequestStates {
  return {
    seal(resume, binding) {
      const carried = resume.kind === 'upstream' ? (resume.state ?? null) : resume.handle
      const home = resume.kind === 'parked' && self !== undefined ? { h: self } : {}
      return seal.seal({ ...boundTo(binding), ...home, k: resume.kind, s: carried, x: now() + lifeMs })
    },
    sealConnect: (serverId, binding) =>
      seal.seal({ ...boundTo(binding), k: 'connect', s: serverId, x: now() + lifeMs }),
    openConnect(text, binding) {
      const state = seal.open(text)
      if (state?.['k'] !== 'connect') return undefined
      checkBound(state, binding, now())
      return String(state['s'])
    },
    open(text, binding) {
      const state = checkBound(seal.open(text), binding, now())
      const carried = state['s']
      if (state['k'] === 'connect')
        throw new GatewayError('state-refused', 'requestState was not issued for this request')
      if (state['k'] === 'parked') {
        const home = state['h']
        return { kind: 'parked', handle: String(carried), ...(typeof home === 'string' ? { home } : {}) }
      }
      return { kind: 'upstream', state: typeof carried === 'string' ? carried : undefined }
    },
  }
}

function checkBound(state: JsonObject | undefined, binding: StateBinding, now: number): JsonObject {
  const expected = boundTo(binding)
  if (state === undefined || Object.entries(expected).some(([name, value]) => state[name] !== value)) {
    throw new GatewayError('state-refused', 'requestState was not issued for this request')
  }
  if (Number(state['x']) < now) throw new GatewayError('state-refused', 'requestState has expired')
  return state
}

function boundTo(binding: StateBinding): { p: string; e: string; d: string } {
  const args = binding.argsText === undefined ? '' : JSON.stringify(JSON.parse(binding.argsText))
  const digest = createHash('sha256')
    .update(`${binding.method}\0${binding.name}\0${args}`)
    .digest('base64url')
  return { p: binding.caller.id, e: endpointKey(binding.endpoint), d: digest }
}
