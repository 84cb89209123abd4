import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyTool,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
  words,
} from '../fixtures/scripted-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import {
  answerOf,
  LegacyClient,
  modernRequest,
  type Reply,
  type RpcMessage,
  send,
  textOf,
} from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

const form = (message: string) => ({ message, requestedSchema: { type: 'object', properties: {} } })
const asked = (key: string) => ({ method: 'elicitation/create', params: form(key) })

/** Asks two things at once and one after, then answers with everything it was told. */
const legacyAsk: Script = async ({ ask }) => {
  const both = await Promise.all([ask('elicitation/create', form('A')), ask('elicitation/create', form('B'))])
  const last = await ask('elicitation/create', form('C'))
  return words(JSON.stringify([...both, last].map((answer) => answer.result ?? answer.error)))
}
/** The same in rounds. */
const modernAsk: Script = ({ params }) => {
  const responses = params['inputResponses'] as Record<string, unknown> | undefined
  const state = String(params['requestState'] ?? '')
  if (responses === undefined)
    return {
      resultType: 'input_required',
      inputRequests: { a: asked('A'), b: asked('B') },
      requestState: 'one',
    }
  if (state === 'one')
    return {
      resultType: 'input_required',
      inputRequests: { c: asked('C') },
      requestState: JSON.stringify([responses['a'], responses['b']]),
    }
  return { resultType: 'complete', ...words(JSON.stringify([...JSON.parse(state), responses['c']])) }
}

let server: RunningServer
let upstreams: { legacy: ScriptedUpstream; modern: ScriptedUpstream }
let made: { legacy: Made; modern: Made }
let ada: Person

beforeAll(async () => {
  const tools = ['ask', 'roots', 'endless', 'wait', 'after'].map((name) => anyTool(name))
  upstreams = {
    legacy: await startScriptedUpstream({
      era: 'legacy',
      tools,
      scripts: {
        'tools/call ask': legacyAsk,
        'tools/call roots': async ({ ask }) => words(JSON.stringify((await ask('roots/list', {})).error)),
        'tools/call wait': ({ closed }) => closed.then(() => undefined),
        'tools/call after': async ({ ask, closed }) => {
          await Promise.race([ask('elicitation/create', form('A')), closed])
          return words('answered')
        },
      },
    }),
    modern: await startScriptedUpstream({
      era: 'modern',
      tools,
      scripts: {
        'tools/call ask': modernAsk,
        'tools/call roots': () => ({
          resultType: 'input_required',
          inputRequests: { r: { method: 'roots/list' } },
        }),
        'tools/call endless': () => ({ resultType: 'input_required', inputRequests: { a: asked('A') } }),
      },
    }),
  }
  server = await freshServer()
  made = {
    legacy: await addConnector(server, 'Old', upstreams.legacy.url),
    modern: await addConnector(server, 'New', upstreams.modern.url),
  }
  ada = await addPerson(server, 'ada')
  await allow(server, [ada], [made.legacy, made.modern])
})
afterAll(async () => {
  await server?.remove()
  await upstreams?.legacy.close()
  await upstreams?.modern.close()
})

const eras = ['legacy', 'modern'] as const
const said = (text: string) => ({ action: 'accept', content: { said: text } })
const everything = JSON.stringify([said('to A'), said('to B'), said('to C')])

type Round = {
  state?: unknown
  responses?: object
  capabilities?: object
  signal?: AbortSignal
  name?: string
}
function round(person: Person, url: URL, options: Round): Promise<Reply> {
  const { state, responses, capabilities = { elicitation: {} }, signal, name = 'ask' } = options
  const params = {
    name,
    arguments: {},
    ...(state === undefined ? {} : { requestState: state }),
    ...(responses === undefined ? {} : { inputResponses: responses }),
  }
  const request = modernRequest(person.key, { method: 'tools/call', params }, { capabilities })
  return send(url, { ...request, ...(signal === undefined ? {} : { signal }) })
}

type Asked = Record<string, { params: { message: string } }>
const questionsIn = (message: RpcMessage) => (message.result?.['inputRequests'] ?? {}) as Asked

describe.each(eras)('a modern client of a %s upstream', (era) => {
  test('answers round after round until the result is there', async () => {
    let options: Round = {}
    const seen: string[][] = []
    for (let count = 0; count < 5; count++) {
      const answer = answerOf(await round(ada, made[era].url, options))
      if (answer.result?.['resultType'] === 'complete') {
        expect(textOf(answer)).toBe(everything)
        expect(seen).toEqual([['A', 'B'], ['C']])
        return
      }
      const questions = Object.entries(questionsIn(answer))
      seen.push(questions.map(([, one]) => one.params.message))
      options = {
        state: answer.result?.['requestState'],
        responses: Object.fromEntries(questions.map(([key, one]) => [key, said(`to ${one.params.message}`)])),
      }
    }
    throw new Error('the questions never ended')
  })

  test('is never asked for what it did not offer', async () => {
    const answer = answerOf(await round(ada, made[era].url, { name: 'roots' }))
    expect(answer.result?.['resultType']).toBe('complete')
    if (era === 'legacy') expect(textOf(answer)).toContain('-32601')
    else
      expect(answer.result?.['structuredContent']).toMatchObject({
        error: 'upstream-malformed',
        connector: 'New',
      })
  })
})

describe('a parked call', () => {
  test('is asked again for what was left unanswered', async () => {
    const first = answerOf(await round(ada, made.legacy.url, {}))
    const [one, other] = Object.entries(questionsIn(first))
    if (one === undefined || other === undefined) throw new Error('two questions were expected')
    const second = answerOf(
      await round(ada, made.legacy.url, {
        state: first.result?.['requestState'],
        responses: { [one[0]]: said('to A'), unknown: said('to nobody') },
      }),
    )
    expect(questionsIn(second)).toEqual({ [other[0]]: other[1] })
    const third = answerOf(
      await round(ada, made.legacy.url, {
        state: second.result?.['requestState'],
        responses: { [other[0]]: said('to B') },
      }),
    )
    expect(Object.values(questionsIn(third)).map((each) => each.params.message)).toEqual(['C'])
  })

  test('that nothing was asked of yet ends with its client', async () => {
    const gone = new AbortController()
    const before = upstreams.legacy.count('notifications/cancelled')
    const calls = upstreams.legacy.count('tools/call')
    const running = round(ada, made.legacy.url, { name: 'wait', signal: gone.signal }).catch(() => 'left')
    await expect.poll(() => upstreams.legacy.count('tools/call')).toBe(calls + 1)
    gone.abort()
    expect(await running).toBe('left')
    await expect.poll(() => upstreams.legacy.count('notifications/cancelled')).toBe(before + 1)
  })

  test('is over when its tool may no longer be used', async () => {
    const zoe = await addPerson(server, 'zoe')
    const rule = await allow(server, [zoe], [made.legacy])
    const first = answerOf(await round(zoe, made.legacy.url, { name: 'after' }))
    const keys = Object.keys(questionsIn(first))
    await server.api('DELETE', `/api/v1/policies/${rule}`)
    const next = await round(zoe, made.legacy.url, {
      name: 'after',
      state: first.result?.['requestState'],
      responses: Object.fromEntries(keys.map((key) => [key, said('late')])),
    })
    expect(next.text).not.toContain('answered')
    expect(answerOf(next).error?.message).toContain('Unknown tool')
  })
})

describe.each(eras)('a legacy client of a %s upstream', (era) => {
  async function converse(
    person: Person,
    onAsk: (message: RpcMessage, client: LegacyClient) => unknown,
    name = 'ask',
    capabilities: object = { elicitation: {} },
  ): Promise<Reply> {
    const client = await LegacyClient.open(made[era].url, person.key, { capabilities })
    return await client.request(
      'tools/call',
      { name, arguments: {} },
      {
        onMessage(message) {
          if (message.method !== undefined && message.id !== undefined) void onAsk(message, client)
        },
      },
    )
  }

  test('is asked on its stream, and its answers arrive where they belong', async () => {
    const reply = await converse(ada, (message, client) =>
      client.answer(message.id, said(`to ${(message.params as { message: string }).message}`)),
    )
    expect(textOf(answerOf(reply))).toBe(everything)
  })

  test('may decline with a JSON-RPC error: the call ends in words, and is not tried again', async () => {
    const calls = upstreams[era].count('tools/call')
    const reply = await converse(ada, (message, client) =>
      send(client.url, {
        headers: client.headers,
        body: JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: -1, message: 'not now' } }),
      }),
    )
    expect(reply.text).toContain('not now')
    expect(upstreams[era].count('tools/call')).toBe(calls + 1)
  })

  test('that offers no questions is not asked', async () => {
    let questions = 0
    const reply = await converse(ada, () => questions++, 'roots', { elicitation: {} })
    expect(questions).toBe(0)
    expect(reply.text).toMatch(era === 'legacy' ? /-32601/ : /upstream-malformed/)
  })
})

describe('a legacy client in front of a modern upstream', () => {
  test('whose key is revoked while it is asked is told so at once and gets no further round', async () => {
    const key = await server.api<{ id: string; secret: string }>('POST', '/api/v1/api-keys', {
      name: 'short',
      user_id: ada.id,
    })
    const client = await LegacyClient.open(made.modern.url, key.secret, { capabilities: { elicitation: {} } })
    const calls = upstreams.modern.count('tools/call')
    const revoke = async (message: RpcMessage, other: LegacyClient) => {
      await server.api('DELETE', `/api/v1/api-keys/${key.id}`)
      // The answer comes by the person's other key, so that it arrives at all.
      await send(other.url, {
        headers: { ...other.headers, authorization: `Bearer ${ada.key}` },
        body: JSON.stringify({ jsonrpc: '2.0', id: message.id, result: said('too late') }),
      })
    }
    const reply = await client.request(
      'tools/call',
      { name: 'endless', arguments: {} },
      {
        onMessage(message) {
          if (message.method === 'elicitation/create') void revoke(message, client)
        },
      },
    )
    expect(answerOf(reply).error?.data?.['reason']).toBe('unauthenticated')
    expect(upstreams.modern.count('tools/call')).toBe(calls + 1)
  })

  test('is not asked for ever', async () => {
    const client = await LegacyClient.open(made.modern.url, ada.key, { capabilities: { elicitation: {} } })
    let questions = 0
    const reply = await client.request(
      'tools/call',
      { name: 'endless', arguments: {} },
      {
        onMessage(message) {
          if (message.method !== 'elicitation/create') return
          questions++
          client.answer(message.id, said('again')).catch(() => undefined)
        },
      },
    )
    expect(questions).toBe(16)
    expect(answerOf(reply).result?.['structuredContent']).toMatchObject({
      error: 'upstream-failed',
      fault: 'upstream',
      connector: 'New',
    })
  })
})
