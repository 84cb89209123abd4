import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { postgresEnvironment } from '../support/fresh-server.ts'
import { askToken, type Browser, connect, initialize, register, signIn } from '../support/oauth-client.ts'
import { freePort, type RunningServer, startServer } from '../support/server.ts'

const missing = 'missing' in inject('postgres')
let one: RunningServer
let other: RunningServer
let browser: Browser

beforeAll(async () => {
  if (missing) return
  const port = await freePort()
  const env = { ...(await postgresEnvironment()), RUNLAYER_PUBLIC_URL: `http://localhost:${port}` }
  one = await startServer({ env, port })
  other = await startServer({ env })
  browser = await signIn(one, 'admin@example.com')
})
afterAll(async () => {
  await one?.remove()
  await other?.remove()
})

const endpoint = (server: RunningServer) => new URL('/mcp', server.url).href

/** Milliseconds until the token is refused there, and a stream opened with it has ended. */
async function untilRefused(
  server: RunningServer,
  token: string,
  revoke: () => Promise<unknown>,
): Promise<number> {
  const opened = await initialize(endpoint(server), token)
  expect(opened.status).toBe(200)
  const stream = await fetch(endpoint(server), {
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
      'mcp-protocol-version': '2025-06-18',
    },
  })
  expect(stream.status).toBe(200)
  const ended = stream.text().catch(() => '')
  await revoke()
  const started = performance.now()
  await expect
    .poll(async () => (await initialize(endpoint(server), token)).status, { timeout: 5000, interval: 20 })
    .toBe(401)
  await ended
  return performance.now() - started
}

describe.skipIf(missing)('two processes of one installation', () => {
  test('a token of one works at the other, and disconnecting ends it there within a second, its stream too', async () => {
    const client = await register(one)
    const tokens = await connect(one, browser, client)
    const took = await untilRefused(other, tokens.access_token, async () => {
      const { data } = await browser.api<{ data: { id: string }[] }>('GET', '/api/v1/oauth/connections')
      await browser.api('DELETE', `/api/v1/oauth/connections/${data[0]?.id}`)
    })
    expect(took).toBeLessThan(1000)
  })

  test('a refresh token shown twice ends its family on both within a second', async () => {
    const client = await register(one)
    const tokens = await connect(one, browser, client)
    const refresh = (server: RunningServer) =>
      askToken(server, {
        grant_type: 'refresh_token',
        client_id: client.client_id,
        refresh_token: tokens.refresh_token,
      })
    expect((await refresh(other)).status).toBe(200)
    const took = await untilRefused(other, tokens.access_token, () => refresh(one))
    expect(took).toBeLessThan(1000)
  })

  test('of two that show one refresh token at the same time, one gets tokens', async () => {
    const client = await register(one)
    const tokens = await connect(one, browser, client)
    const answers = await Promise.all(
      [one, other, one, other].map((server) =>
        askToken(server, {
          grant_type: 'refresh_token',
          client_id: client.client_id,
          refresh_token: tokens.refresh_token,
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200).length).toBe(1)
    expect(answers.every(({ status }) => status === 200 || status === 400)).toBe(true)
  })

  test('a person deactivated at one is out at the other within a second', async () => {
    const made = await one.api<{ id: string }>('POST', '/api/v1/users', { email: 'leaver@example.com' })
    const leaver = await signIn(one, 'leaver@example.com')
    const tokens = await connect(one, leaver, await register(one))
    const took = await untilRefused(other, tokens.access_token, () =>
      one.api('PATCH', `/api/v1/users/${made.id}`, { status: 'deactivated' }),
    )
    expect(took).toBeLessThan(1000)
  })
})
