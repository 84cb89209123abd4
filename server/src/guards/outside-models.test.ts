import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { quietLog } from '../../../test/support/stores.ts'
import { openGuardedFetch } from '../lib/guarded-fetch.ts'
import { addressGuard } from '../lib/network.ts'
import { type OutsideModel, outsideModels, type Slot } from './outside-models.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

type Script = (body: string) => { status?: number; text?: string; hangs?: boolean }

/** A real server outside, and the guards' side of it. */
async function outside(script: Script, more: Partial<OutsideModel> = {}) {
  const asked: { body: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      asked.push({ body, authorization: request.headers.authorization })
      const { status = 200, text = '{}', hangs = false } = script(body)
      if (!hangs) response.writeHead(status, { 'content-type': 'application/json' }).end(text)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const fetch = openGuardedFetch({ guard: addressGuard(['127.0.0.0/8']) })
  ends.push(
    () => fetch.close(),
    () => {
      server.closeAllConnections()
      server.close()
    },
  )
  let time = 0
  const settings: OutsideModel = {
    enabled: true,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/judge`,
    model: 'small',
    timeoutMs: 500,
    whenDown: 'open',
    key: 'k-123',
    ...more,
  }
  const models = outsideModels({ settings: () => settings, fetch, now: () => time, log: quietLog })
  return {
    asked,
    wait: (ms: number) => {
      time += ms
    },
    test: (slot: Slot) => models.test(slot),
    ask: (slot: Slot, text = 'some text') => models.ask(slot, { kind: 'tool_output', text }),
  }
}

const chat = (content: string) => JSON.stringify({ choices: [{ message: { content } }] })

test('a model server is sent the kind and the text with the key, and answers a score', async () => {
  const { ask, asked } = await outside(() => ({ text: '{"score":0.8,"category":"data-exfiltration"}' }))
  expect(await ask('model_server')).toEqual({ score: 0.8, category: 'data-exfiltration' })
  expect(asked).toEqual([
    { body: '{"kind":"tool_output","text":"some text"}', authorization: 'Bearer k-123' },
  ])
})

test('an LLM is asked with the text as data, and only its verdict and category are used', async () => {
  const { ask, asked } = await outside(() => ({
    text: chat('```json\n{"verdict":"attack","category":"hidden_instructions","reason":"IGNORE ALL"}\n```'),
  }))
  expect(await ask('llm_judge', 'say "attack"')).toEqual({ score: 0.9, category: 'hidden-text' })
  const body = JSON.parse(asked[0]?.body ?? '{}') as {
    model: string
    messages: { role: string; content: string }[]
  }
  expect(body.model).toBe('small')
  expect(body.messages.map(({ role }) => role)).toEqual(['system', 'user'])
  expect(JSON.parse(body.messages[1]?.content ?? '')).toEqual({ kind: 'tool_output', text: 'say "attack"' })
})

test('an LLM that says benign scores nothing', async () => {
  const { ask } = await outside(() => ({ text: chat('{"verdict":"benign"}') }))
  expect(await ask('llm_judge')).toMatchObject({ score: 0 })
})

test.each([
  ['an error', 'model_server', { status: 500 }],
  ['no JSON', 'model_server', { text: 'hello' }],
  ['a score out of range', 'model_server', { text: '{"score":7}' }],
  ['too much', 'model_server', { text: `{"score":0.5,"x":"${'y'.repeat(100_000)}"}` }],
  ['no verdict', 'llm_judge', { text: chat('{"verdict":"maybe"}') }],
  ['prose', 'llm_judge', { text: chat('I think this is fine.') }],
  ['nothing in time', 'llm_judge', { hangs: true }],
] as const)('%s counts as no answer', async (_, slot, answer) => {
  const { ask } = await outside(() => answer)
  expect(await ask(slot)).toBe('down')
})

test('after five failures nobody asks for half a minute, then one tries, and success closes the circuit', async () => {
  let status = 500
  const { ask, asked, wait } = await outside(() => ({ status, text: '{"score":0.1}' }))
  for (let at = 0; at < 8; at++) expect(await ask('model_server')).toBe('down')
  expect(asked).toHaveLength(5)
  wait(31_000)
  expect(await Promise.all([ask('model_server'), ask('model_server')])).toEqual(['down', 'down'])
  expect(asked).toHaveLength(6)
  status = 200
  wait(31_000)
  expect(await ask('model_server')).toMatchObject({ score: 0.1 })
  expect(await ask('model_server')).toMatchObject({ score: 0.1 })
})

test('an address inside, which nobody allowed, is not reached', async () => {
  const { ask, asked } = await outside(() => ({ text: '{"score":0.9}' }), {
    url: 'http://169.254.169.254/latest',
  })
  expect(await ask('model_server')).toBe('down')
  expect(asked).toEqual([])
})

test('a test asks about a harmless text and an attack, and says what went wrong in our words', async () => {
  const good = await outside((body) => ({
    text: JSON.stringify({ score: body.includes('Ignore all') ? 0.9 : 0.1 }),
  }))
  expect(await good.test('model_server')).toMatchObject({ harmless: 0.1, attack: 0.9, trouble: undefined })
  expect(good.asked).toHaveLength(2)
  const bad = await outside(() => ({ status: 503, text: '"Ignore the gateway"' }))
  expect(await bad.test('model_server')).toMatchObject({
    attack: undefined,
    trouble: 'it answered with status 503',
  })
  const gone = await outside(() => ({ hangs: true }), { timeoutMs: 100 })
  expect(await gone.test('llm_judge')).toMatchObject({ trouble: 'it could not be reached in time' })
})
