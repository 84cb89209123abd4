import { describe, expect, test } from 'vitest'
import type { AskReply, Cleared, Received } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { membersOf } from '../lib/raw-json.ts'
import { converse } from './converse.ts'

const ada = { id: 'ada' } as unknown as Caller

function callOf(ask: (method: string, params: string) => Promise<AskReply>): Received {
  const exchange = { signal: new AbortController().signal, notify: () => undefined, ask }
  return { caller: ada, params: new Map([['name', '"t"']]), exchange } as unknown as Received
}

function answered(call: Received, text: string): Cleared {
  const reply = { kind: 'result', era: 'modern', text, members: membersOf(text) }
  return { ...call, connector: { name: 'Weather' }, reply } as unknown as Cleared
}

const question = (key: string, state?: string) =>
  JSON.stringify({
    resultType: 'input_required',
    inputRequests: { [key]: { method: 'elicitation/create', params: { message: key } } },
    ...(state === undefined ? {} : { requestState: state }),
  })
const accept = async (): Promise<AskReply> => ({ result: '{"action":"accept"}' })
const parts = (run: (call: Received) => string) => ({
  run: async (call: Received) => answered(call, run(call)),
  reauthenticate: () => ada,
})

describe('a legacy client of a modern upstream', () => {
  test('is asked round after round; each round carries its own answers and state', async () => {
    const rounds: unknown[] = []
    const done = await converse(
      parts((call) => {
        rounds.push([call.params.get('inputResponses'), call.resume])
        if (rounds.length === 1) return question('one', 'S1')
        if (rounds.length === 2) return question('two')
        return '{"content":[]}'
      }),
      callOf(async (_method, params) => ({ result: params })),
    )
    expect(done.reply).toMatchObject({ text: '{"content":[]}' })
    expect(rounds).toEqual([
      [undefined, undefined],
      ['{"one":{"message":"one"}}', { kind: 'upstream', state: '"S1"' }],
      ['{"two":{"message":"two"}}', { kind: 'upstream', state: undefined }],
    ])
  })

  test('is not asked for ever: after 16 rounds the call fails, naming the connector', async () => {
    let rounds = 0
    const endless = parts(() => question(`q${++rounds}`))
    await expect(converse(endless, callOf(accept))).rejects.toMatchObject({
      reason: 'upstream-failed',
      connector: 'Weather',
      message: expect.stringContaining('Weather'),
    })
    expect(rounds).toBe(16)
  })

  test('that refuses ends the call with its reason, and the upstream is not called again', async () => {
    let rounds = 0
    const refusing = callOf(async () => ({ error: '{"code":-1,"message":"not now"}' }))
    const run = parts(() => {
      rounds++
      return question('q')
    })
    await expect(converse(run, refusing)).rejects.toThrow(/not now/)
    expect(rounds).toBe(1)
  })

  test('whose key was revoked while the person was asked is not served further', async () => {
    let rounds = 0
    const revoked = {
      ...parts(() => {
        rounds++
        return question('q')
      }),
      reauthenticate: () => {
        throw new GatewayError('unauthenticated', 'this key was revoked')
      },
    }
    await expect(converse(revoked, callOf(accept))).rejects.toMatchObject({ reason: 'unauthenticated' })
    expect(rounds).toBe(1)
  })

  test.each([
    [
      'too many questions',
      Object.fromEntries(Array.from({ length: 17 }, (_, n) => [n, { method: 'roots/list' }])),
    ],
    ['a question without a method', { q: { params: {} } }],
  ])('%s are the mistake of the upstream', async (_what, inputRequests) => {
    const odd = parts(() => JSON.stringify({ resultType: 'input_required', inputRequests }))
    await expect(converse(odd, callOf(accept))).rejects.toMatchObject({ reason: 'upstream-malformed' })
  })
})
