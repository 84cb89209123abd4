import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../kernel/caller.ts'
import { requestStates, type StateBinding } from './request-state.ts'
import { createSeal } from './seal.ts'
import { sessionLifeMs, sessionTokens } from './session-token.ts'

const key = randomBytes(32)
const person = (id: string) => ({ id }) as unknown as Caller

describe('sealed request states', () => {
  let now = 1_000
  const states = requestStates(createSeal(key, 'state'), () => now)
  const binding: StateBinding = {
    caller: person('ada'),
    endpoint: { kind: 'runlayer' },
    method: 'tools/call',
    name: 'echo',
    argsText: '{"a":1}',
  }

  test('what was sealed opens for the same request, also when its white space changed', () => {
    const text = states.seal({ kind: 'upstream', state: 'theirs' }, binding)
    expect(states.open(text, { ...binding, argsText: '{ "a" : 1 }' })).toEqual({
      kind: 'upstream',
      state: 'theirs',
    })
  })

  test.each<[string, Partial<StateBinding>]>([
    ['another person', { caller: person('eve') }],
    ['another endpoint', { endpoint: { kind: 'connector', serverId: 'x' as never } }],
    ['another method', { method: 'prompts/get' }],
    ['another tool', { name: 'delete' }],
    ['other arguments', { argsText: '{"a":2}' }],
  ])('X1: it is refused for %s', (_name, change) => {
    const text = states.seal({ kind: 'parked', handle: 'h' }, binding)
    expect(() => states.open(text, { ...binding, ...change })).toThrow(/not issued/)
  })

  test('X1: any changed character is refused', () => {
    const text = states.seal({ kind: 'parked', handle: 'h' }, binding)
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('A', 'b', '7', '_'), (at, character) => {
        fc.pre(text[at] !== character)
        const changed = text.slice(0, at) + character + text.slice(at + 1)
        // The last character of base64url may carry unused bits: the same bytes are the same text.
        fc.pre(!Buffer.from(changed, 'base64url').equals(Buffer.from(text, 'base64url')))
        expect(() => states.open(changed, binding)).toThrow()
      }),
    )
  })

  test('it expires', () => {
    const text = states.seal({ kind: 'parked', handle: 'h' }, binding)
    now += 16 * 60_000
    expect(() => states.open(text, binding)).toThrow(/expired/)
  })
})

describe('sealed sessions', () => {
  let now = 5_000
  const tokens = sessionTokens(createSeal(key, 'session'), () => now)
  const start = {
    caller: person('ada'),
    endpoint: 'runlayer',
    protocolVersion: '2025-11-25',
    capabilities: { elicitation: {}, odd: {} },
    clientInfo: { name: 'test', version: '1' },
  }

  test('T32: a session serves its own person at its own endpoint only', () => {
    const { token } = tokens.issue(start)
    expect(tokens.read(token, person('ada'), 'runlayer')?.clientName).toBe('test')
    expect(tokens.read(token, person('eve'), 'runlayer')).toBeUndefined()
    expect(tokens.read(token, person('ada'), 'elsewhere')).toBeUndefined()
    expect(tokens.read(`${token}A`, person('ada'), 'runlayer')).toBeUndefined()
  })

  test('a session of another installation is unknown', () => {
    const foreign = sessionTokens(createSeal(randomBytes(32), 'session'), () => now).issue(start)
    expect(tokens.read(foreign.token, person('ada'), 'runlayer')).toBeUndefined()
  })

  test('capabilities the gateway cannot bridge are left out', () => {
    expect(tokens.issue(start).facts.capabilities).toEqual({ elicitation: {} })
  })

  test('a session ends after a day', () => {
    const { token } = tokens.issue(start)
    now += sessionLifeMs + 1
    expect(tokens.read(token, person('ada'), 'runlayer')).toBeUndefined()
  })
})

describe('sealed task ids', () => {
  const seal = createSeal(key, 'task', { steady: true })
  const ref = { p: 'ada', s: 'server', t: 'task-1', n: 'slow' }

  test('the same task has the same id every time, and another task or person another one', () => {
    expect(seal.seal(ref)).toBe(seal.seal({ ...ref }))
    const others = [
      { ...ref, t: 'task-2' },
      { ...ref, p: 'eve' },
      { ...ref, s: 'elsewhere' },
    ]
    const ids = new Set([ref, ...others].map((one) => seal.seal(one)))
    expect(ids.size).toBe(4)
    expect(seal.open(seal.seal(ref))).toEqual(ref)
  })

  test('it opens for its own purpose only', () => {
    expect(createSeal(key, 'session').open(seal.seal(ref))).toBeUndefined()
    expect(createSeal(randomBytes(32), 'task', { steady: true }).open(seal.seal(ref))).toBeUndefined()
  })
})
