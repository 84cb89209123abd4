import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { buildConnector } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import type { ExchangeControl } from './http1-connection.ts'
import { Http1Pool } from './http1-pool.ts'
import { Http1Error, ResponseReader } from './http1-reader.ts'

type Told = { status: number; headers: Record<string, unknown>; body: string }

/** Reads `answers` answers from the pieces; what was told of each, or the error's code. */
function read(pieces: readonly Buffer[], answers = 1): Told[] | string {
  const told: Told[] = []
  const reader: ResponseReader = new ResponseReader({
    onHead: (status, headers) => told.push({ status, headers: { ...headers }, body: '' }),
    onData: (chunk) => {
      const last = told.at(-1)
      if (last !== undefined) last.body += chunk.toString('latin1')
    },
    onEnd: () => {
      if (told.length < answers) reader.expect()
    },
  })
  reader.expect()
  try {
    for (const piece of pieces) reader.feed(piece)
    reader.end()
    return told
  } catch (error) {
    return error instanceof Http1Error ? error.code : String(error)
  }
}

const plain = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello'
const chunked =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: t\r\n\r\n'
const informed = `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${plain}`

describe('answers are read as RFC 9112 says', () => {
  test.each([
    ['with a length', plain],
    ['in chunks', chunked],
    ['after an informational one', informed],
    ['until the connection closes', 'HTTP/1.0 200 OK\r\n\r\nhello'],
  ])('%s, cut anywhere', (_, text) => {
    const bytes = Buffer.from(text)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const pieces = at.slice(1).map((to, index) => bytes.subarray(at[index], to))
        expect(read(pieces)).toMatchObject([{ status: 200, body: 'hello' }])
      }),
    )
  })

  test('two answers on one connection stay two', () => {
    expect(read([Buffer.from(plain + chunked)], 2)).toMatchObject([{ body: 'hello' }, { body: 'hello' }])
  })

  test.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello\r\n\r\n'],
    ['a control character in a header', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n'],
    [
      'a chunk longer than it said',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n',
    ],
    ['a chunk size that is no number', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n'],
    ['bytes behind the answer', `${plain}HTTP/1.1 200 OK\r\n\r\n`],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['another protocol', 'SSH-2.0-server\r\n\r\n'],
  ])('%s is refused', (_, text) => {
    expect(read([Buffer.from(text, 'latin1')])).toBe('HTTP_MALFORMED')
  })

  test('an endless head is refused before it is kept', () => {
    const pieces = [
      Buffer.from('HTTP/1.1 200 OK\r\n'),
      ...Array(40).fill(Buffer.from(`X: ${'a'.repeat(1000)}\r\n`)),
    ]
    expect(read(pieces)).toBe('HTTP_HEAD_TOO_LARGE')
  })

  test('an answer that ends early is no answer', () => {
    expect(read([Buffer.from(plain.slice(0, -1))])).toBe('HTTP_ENDED_EARLY')
  })

  test('random bytes are refused and never hang', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, hasStart) => {
        const start = hasStart ? 'HTTP/1.1 200 OK\r\n' : ''
        read([Buffer.concat([Buffer.from(start), bytes])])
      }),
    )
  })
})

describe('connections are shared with care', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  /** A server that answers each request with what `answer` says; counts its connections. */
  async function serve(answer: (request: string, socket: Socket) => void) {
    const state = { connections: 0 }
    const server = createServer((socket) => {
      state.connections++
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => answer(chunk.toString('latin1'), socket))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return {
      state,
      pool: (connections = 4) => new Http1Pool(url, { connect: buildConnector({}), connections }),
    }
  }

  type Sent = { done: Promise<string>; control: ExchangeControl | undefined }
  function send(pool: Http1Pool, headers: string[] = [], body: string | null = 'x'): Sent {
    const sent: Sent = { done: Promise.resolve(''), control: undefined }
    sent.done = new Promise((resolve, reject) => {
      let text = ''
      pool.dispatch(
        { method: 'POST', path: '/mcp', headers, body },
        {
          onRequestStart: (control) => {
            sent.control = control
          },
          onResponseStart: () => undefined,
          onResponseData: (_, chunk) => {
            text += chunk.toString()
          },
          onResponseEnd: () => resolve(text),
          onResponseError: reject,
        },
      )
    })
    sent.done.catch(() => undefined)
    return sent
  }
  const ok = (body: string, more = '') =>
    `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`

  test('one after the other use one connection, side by side use several, and more wait', async () => {
    const { state, pool } = await serve((_, socket) => socket.write(ok('fine')))
    const one = pool()
    for (let count = 0; count < 3; count++) expect(await send(one).done).toBe('fine')
    expect(state.connections).toBe(1)
    const two = pool(2)
    expect(await Promise.all(Array.from({ length: 10 }, () => send(two).done))).toHaveLength(10)
    expect(state.connections).toBe(3)
    await Promise.all([one.close(), two.close()])
  })

  test('the request says what it was given, once, with its length in bytes', async () => {
    const seen: string[] = []
    const { pool } = await serve((request, socket) => {
      seen.push(request)
      socket.write(ok('fine'))
    })
    const one = pool()
    await send(one, ['x-a', 'b', 'x-latin', 'caf\u00e9'], '{"é":1}').done
    expect(seen[0]).toMatch(/^POST \/mcp HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nconnection: keep-alive\r\n/)
    expect(seen[0]).toContain('\r\nx-a: b\r\nx-latin: caf\u00e9\r\ncontent-length: 8\r\n\r\n')
    await one.close()
  })

  test.each([
    ['a value', ['x-a', 'b\r\nx-evil: 1']],
    ['a name', ['x a', 'b']],
    ['a character beyond Latin-1', ['x-a', '\u0142']],
  ])('a header that would end its line is refused before anything is sent: %s', async (_, headers) => {
    const { state, pool } = await serve((_request, socket) => socket.write(ok('fine')))
    const one = pool()
    await expect(send(one, headers).done).rejects.toMatchObject({ code: 'HTTP_INVALID' })
    expect(await send(one).done).toBe('fine')
    expect(state.connections).toBe(1)
    await one.close()
  })

  test('a connection with bytes too many, or one the server closes, is never used again', async () => {
    const extra = await serve((_, socket) => socket.write(`${ok('fine')}HTTP/1.1 200 OK\r\n\r\nstolen`))
    const one = extra.pool()
    expect(await send(one).done).toBe('fine')
    expect(await send(one).done).toBe('fine')
    expect(extra.state.connections).toBe(2)
    const closing = await serve((_, socket) => socket.end(ok('bye', 'Connection: close\r\n')))
    const two = closing.pool()
    expect(await send(two).done).toBe('bye')
    expect(await send(two).done).toBe('bye')
    expect(closing.state.connections).toBe(2)
    await Promise.all([one.close(), two.close()])
  })

  test('what is aborted fails alone, waiting or running', async () => {
    const held: Socket[] = []
    const { pool } = await serve((request, socket) =>
      request.includes('x-hold') ? void held.push(socket) : void socket.write(ok('fine')),
    )
    const one = pool(1)
    const running = send(one, ['x-hold', '1'])
    const waiting = send(one)
    const last = send(one)
    waiting.control?.abort(new Error('not now'))
    await expect(waiting.done).rejects.toThrow('not now')
    await expect.poll(() => held.length).toBe(1)
    running.control?.abort(new Error('enough'))
    await expect(running.done).rejects.toThrow('enough')
    expect(await last.done).toBe('fine')
    await one.close()
  })

  test('closing waits for what runs; destroying does not', async () => {
    const held: Socket[] = []
    const { pool } = await serve((_, socket) => void held.push(socket))
    const one = pool()
    const running = send(one)
    await expect.poll(() => held.length).toBe(1)
    const closed = one.close()
    await expect(send(one).done).rejects.toMatchObject({ code: 'HTTP_CLOSED' })
    held[0]?.write(ok('late'))
    expect(await running.done).toBe('late')
    await closed
    const two = pool()
    const cut = send(two)
    await expect.poll(() => held.length).toBe(2)
    two.destroy()
    await expect(cut.done).rejects.toMatchObject({ code: 'HTTP_CLOSED' })
    await two.close()
  })

  test('nobody there is said as such', async () => {
    const pool = new Http1Pool(new URL('http://127.0.0.1:1'), { connect: buildConnector({}), connections: 1 })
    await expect(send(pool).done).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await pool.close()
  })
})
