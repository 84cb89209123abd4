import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type GuardedFetch, openGuardedFetch } from './guarded-fetch.ts'
import { addressGuard } from './network.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function fetcher(...args: Parameters<typeof addressGuard>): GuardedFetch {
  const guarded = openGuardedFetch({ guard: addressGuard(...args) })
  ends.push(() => guarded.close())
  return guarded
}

async function serve(answer: RequestListener): Promise<URL> {
  const server: Server = createServer(answer)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

const loopback = ['127.0.0.0/8', '::1/128']

describe('addresses that are not public', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/latest/',
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://172.16.0.1/',
    'https://100.64.0.1/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://0/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[fe80::1]/',
    'https://[fc00::1]/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
  ])('%s is refused', async (address) => {
    const request = fetcher([]).fetch(new URL(address), { timeoutMs: 2_000 })
    await expect(request).rejects.toMatchObject({ reason: 'address-refused' })
  })

  test('a name that leads to one is refused, also when only some of its addresses do', async () => {
    let asked = 0
    const guarded = fetcher([], (_name, done) => {
      asked++
      done(null, [{ address: '169.254.169.254', family: 4 }])
    })
    await expect(guarded.fetch(new URL('https://metadata.example/'))).rejects.toMatchObject({
      reason: 'address-refused',
    })
    expect(asked).toBe(1)
  })

  test('a name that was public when checked and is private when used is refused', async () => {
    const target = await serve((_request, response) => response.end('secret'))
    const answers = ['93.184.216.34', '127.0.0.1']
    const guard = addressGuard([], (_name, done) =>
      done(null, [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]),
    )
    const changing = new URL(`https://changing.example:${target.port}/`)
    await guard.check(changing)
    const guarded = openGuardedFetch({ guard })
    ends.push(() => guarded.close())
    await expect(guarded.fetch(changing)).rejects.toMatchObject({ reason: 'address-refused' })
  })

  test('an allowed network opens just that network', async () => {
    const target = await serve((_request, response) => response.end('{"a":1}'))
    expect((await fetcher(loopback).json(target)).value).toEqual({ a: 1 })
    await expect(fetcher(['10.0.0.0/8']).json(target)).rejects.toMatchObject({ reason: 'address-refused' })
  })
})

describe('what an answer may do', () => {
  test('a redirect is an answer, never followed', async () => {
    let followed = 0
    const inside = await serve((_request, response) => {
      followed++
      response.end('secret')
    })
    const outside = await serve((_request, response) => {
      response.writeHead(302, { location: inside.href }).end()
    })
    const answer = await fetcher(loopback).fetch(outside)
    expect([answer.status, answer.headers['location'], followed]).toEqual([302, inside.href, 0])
  })

  test('more bytes than allowed end the request', async () => {
    const target = await serve((_request, response) => response.end('x'.repeat(5_000)))
    await expect(fetcher(loopback).fetch(target, { maxBytes: 4_999 })).rejects.toMatchObject({
      reason: 'upstream-too-large',
    })
    expect((await fetcher(loopback).fetch(target, { maxBytes: 5_000 })).text).toHaveLength(5_000)
  })

  test('a body that never ends is given up in time', async () => {
    const target = await serve((_request, response) => response.write('{'))
    await expect(fetcher(loopback).fetch(target, { timeoutMs: 100 })).rejects.toMatchObject({
      reason: 'upstream-timeout',
    })
  })

  test('anything but one JSON object is no value', async () => {
    const bodies = ['[]', 'null', '"text"', '<html>', '']
    const target = await serve((_request, response) => response.end(bodies.shift()))
    const guarded = fetcher(loopback)
    for (let left = bodies.length; left > 0; left--)
      expect((await guarded.json(target)).value).toBeUndefined()
  })
})

test.each([
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://public.example/',
  'https://me:pw@public.example/',
])('%s is refused before a connection', async (address) => {
  await expect(fetcher([]).fetch(new URL(address))).rejects.toMatchObject({ reason: 'address-refused' })
})

test('nobody at the other end is said with the host', async () => {
  const target = await serve(() => undefined)
  await ends.splice(0)[0]?.()
  await expect(fetcher(loopback).fetch(target)).rejects.toMatchObject({
    reason: 'upstream-unreachable',
    message: `${target.host} could not be reached.`,
  })
})
