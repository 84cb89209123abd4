import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../cli/src/main.ts'
import { freshServer } from '../support/fresh-server.ts'
import {
  askToken,
  type Browser,
  baseOf,
  initialize,
  register,
  signIn,
  start,
} from '../support/oauth-client.ts'
import type { RunningServer } from '../support/server.ts'

let server: RunningServer
let browser: Browser
let base: string
let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'runlayer-login-'))
  server = await freshServer()
  base = baseOf(server)
  browser = await signIn(server, 'admin@example.com')
})
afterAll(async () => {
  await server?.remove()
  await rm(home, { recursive: true, force: true })
})

type Device = { device_code: string; user_code: string; verification_uri: string }
const startDevice = async (form: Record<string, string> = {}): Promise<Device> => {
  const answer = await fetch(`${base}/api/v1/oauth/device_authorization`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'runlayer-cli', resource: `${base}/api/v1`, ...form }),
  })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Device
}
const poll = (device: Device) =>
  askToken(server, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'runlayer-cli',
    device_code: device.device_code,
  })
const tokenOf = async (answer: Response) => ((await answer.json()) as { access_token: string }).access_token
const asksRest = async (token: string, method = 'GET') =>
  (await fetch(`${base}/api/v1/users/me`, { method, headers: { authorization: `Bearer ${token}` } })).status

test('a device gets its token after its person agreed, once, and it counts on REST and not on MCP', async () => {
  const device = await startDevice()
  expect(device.verification_uri).toBe(`${base}/device`)
  expect(await (await poll(device)).json()).toMatchObject({ error: 'authorization_pending' })
  type Shown = { client: { name: string }; from_ip: string }
  const path = '/api/v1/oauth/device'
  const shown = await browser.api<Shown>('GET', `${path}?user_code=${device.user_code.toLowerCase()}`)
  expect(shown).toMatchObject({
    client: { name: 'Runlayer command line' },
    from_ip: expect.stringMatching(/127|::1/),
  })
  await browser.api('POST', `${path}/agree`, { user_code: device.user_code })
  const token = await tokenOf(await poll(device))
  expect(await asksRest(token)).toBe(200)
  expect((await initialize(`${base}/mcp`, token)).status).toBe(401)
  expect(await (await poll(device)).json()).toMatchObject({ error: 'invalid_grant' })
  await expect(browser.api('POST', `${path}/agree`, { user_code: device.user_code })).rejects.toThrow(/404/)
})

test('a refused device is told so, and a code nobody waits with is unknown', async () => {
  const device = await startDevice()
  await browser.api('POST', '/api/v1/oauth/device/refuse', { user_code: device.user_code })
  expect(await (await poll(device)).json()).toMatchObject({ error: 'access_denied' })
  await expect(browser.api('GET', '/api/v1/oauth/device?user_code=BBBB-BBBB')).rejects.toThrow(/404/)
})

test('no other client gets a token for REST', async () => {
  const client = await register(server)
  const { location } = await start(server, browser, client, { resource: `${base}/api/v1` })
  expect(location).toContain('error=invalid_target')
})

test('login signs the command line in, its commands use that, and logout ends it', async () => {
  const messages: string[] = []
  const run = (...args: string[]) =>
    runCommand(args, {
      data: (line) => messages.push(line),
      message: (line) => messages.push(line),
      env: { HOME: home, RUNLAYER_BASE_URL: base },
      signal: new AbortController().signal,
    })
  expect(await run('search', 'export', '--out', join(home, 'out'))).toBe(3)
  const signedIn = run('login')
  await expect.poll(() => messages.join('\n')).toContain('user_code=')
  const code = /user_code=([\w-]+)/.exec(messages.join('\n'))?.[1] ?? ''
  await browser.api('POST', '/api/v1/oauth/device/agree', { user_code: code })
  expect(await signedIn).toBe(0)
  const file = join(home, '.config/runlayer/sign-ins.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const { access_token } = (
    JSON.parse(await readFile(file, 'utf8')) as Record<string, { access_token: string }>
  )[base] ?? {
    access_token: '',
  }
  // Signed in: what stops it now is that nobody searched yet.
  expect(await run('search', 'export', '--out', join(home, 'out'))).toBe(1)
  expect(await asksRest(access_token)).toBe(200)
  expect(await run('logout')).toBe(0)
  expect(await asksRest(access_token)).toBe(401)
  expect(await run('logout')).toBe(3)
}, 30_000)
