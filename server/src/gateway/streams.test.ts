import { createServer, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Beats, EventStream } from './event-stream.ts'
import { PostReply } from './post-reply.ts'

let server: Server
let take: (response: ServerResponse) => void

beforeAll(async () => {
  server = createServer((_request, response) => take(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

type Got = { response: ServerResponse; text: Promise<string>; status: () => number; type: () => string }

/** One request to a real server: what the test answers, and what arrived. */
function visit(): Promise<Got> {
  return new Promise((resolve) => {
    let status = 0
    let type = ''
    const text = new Promise<string>((done) => {
      const { port } = server.address() as AddressInfo
      const asked = request({ port, host: '127.0.0.1' }, (incoming) => {
        status = incoming.statusCode ?? 0
        type = incoming.headers['content-type'] ?? ''
        let body = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          body += chunk
        })
        incoming.on('end', () => done(body))
      })
      asked.end()
    })
    take = (response) => resolve({ response, text, status: () => status, type: () => type })
  })
}

const reply = (response: ServerResponse, beats: Beats, accept = 'application/json, text/event-stream') =>
  new PostReply(response, { beats, requestId: 'r', accept })

describe('a stream', () => {
  test('beats every 15 seconds while it is open, and its messages come one by one', async () => {
    const beats = new Beats()
    const { response, text } = await visit()
    const stream = new EventStream(response, beats, {})
    vi.advanceTimersByTime(14_999)
    stream.send('{"early":1}')
    vi.advanceTimersByTime(1)
    vi.advanceTimersByTime(30_000)
    stream.send('{\n  "pretty": "a\\nb"\r\n}', 'odd')
    stream.end()
    vi.advanceTimersByTime(60_000)
    expect(await text).toBe(
      'event: message\ndata: {"early":1}\n\n: beat\n\n: beat\n\n: beat\n\nevent: odd\ndata: {   "pretty": "a\\nb" }\n\n',
    )
    beats.stop()
  })
})

describe('the answer to a POST', () => {
  test('a quick one is one JSON body', async () => {
    const beats = new Beats()
    const { response, text, type } = await visit()
    reply(response, beats).finish('{"ü":1}')
    expect([await text, type()]).toEqual(['{"ü":1}', 'application/json'])
    beats.stop()
  })

  test('one that takes long turns into a stream that beats', async () => {
    const beats = new Beats()
    const { response, text, type } = await visit()
    const late = reply(response, beats)
    vi.advanceTimersByTime(45_000)
    late.finish('{"late":1}', 404)
    const got = await text
    expect(got).toBe(': beat\n\n: beat\n\nevent: message\ndata: {"late":1}\n\n')
    expect(type()).toBe('text/event-stream')
    beats.stop()
  })

  test('a client that takes no stream waits for its one body', async () => {
    const beats = new Beats()
    const { response, text, status } = await visit()
    const late = reply(response, beats, 'application/json')
    late.notify('notifications/message', '{}')
    expect(late.send('{}')).toBe(false)
    vi.advanceTimersByTime(45_000)
    late.finish('{}', 404)
    expect([await text, status()]).toEqual(['{}', 404])
    beats.stop()
  })

  test('a cancelled one ends without a message: an empty stream, or 202 for who takes none', async () => {
    const beats = new Beats()
    const streaming = await visit()
    reply(streaming.response, beats).finishSilent()
    expect([await streaming.text, streaming.status(), streaming.type()]).toEqual([
      '',
      200,
      'text/event-stream',
    ])
    const plain = await visit()
    reply(plain.response, beats, 'application/json').finishSilent()
    expect([await plain.text, plain.status()]).toEqual(['', 202])
    const begun = await visit()
    const late = reply(begun.response, beats)
    late.notify('n', '{}')
    late.finishSilent()
    expect(await begun.text).toBe('event: message\ndata: {"jsonrpc":"2.0","method":"n","params":{}}\n\n')
    beats.stop()
  })
})
