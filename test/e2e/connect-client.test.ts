import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshServer } from '../support/fresh-server.ts'
import { installReal, whyNoRegistry } from '../support/real-packages.ts'
import { freePort, type RunningServer } from '../support/server.ts'
import { faults, openBrowser, openPage, press } from './browser.ts'

let server: RunningServer
let browser: Browser
let page: Page
let base: string

beforeAll(async () => {
  server = await freshServer()
  base = `http://localhost:${server.url.port}`
  browser = await openBrowser()
  page = await openPage(browser, 'light')
})
afterAll(async () => {
  await browser?.close()
  await server?.remove()
})

/** What a client listens on for its code, and what arrived there. */
async function callback() {
  const arrived: URL[] = []
  const listener = createServer((request, response) => {
    arrived.push(new URL(request.url ?? '/', 'http://localhost'))
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Back</title><h1>Back</h1>')
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  return { url: `http://localhost:${port}/callback`, arrived, close: () => listener.close() }
}

/** What the official clients ask of whoever keeps their tokens; in memory, with the address to open. */
function memory(redirectUrl: string) {
  const kept: Record<string, unknown> = {}
  const opened: URL[] = []
  const keep = (name: string) => (value: unknown) => {
    kept[name] = value
  }
  const take = (name: string) => () => kept[name] as never
  return {
    opened,
    kept,
    provider: {
      redirectUrl,
      clientMetadata: {
        client_name: 'Official client',
        redirect_uris: [redirectUrl],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      state: () => 'a-state',
      clientInformation: take('client'),
      saveClientInformation: keep('client'),
      tokens: take('tokens'),
      saveTokens: keep('tokens'),
      redirectToAuthorization: (url: URL) => void opened.push(url),
      saveCodeVerifier: keep('verifier'),
      codeVerifier: take('verifier'),
    },
  }
}

async function signInLink(email: string): Promise<string> {
  const { data } = await server.api<{ data: { id: string; email: string }[] }>('GET', '/api/v1/users')
  const id = data.find((each) => each.email === email)?.id
  return (await server.api<{ url: string }>('POST', `/api/v1/users/${id}/sign-in-links`)).url
}

test('somebody who is not signed in is asked to, and comes back to the client', async () => {
  const back = await callback()
  const { provider, opened } = memory(back.url)
  const transport = new LegacyTransport(new URL('/mcp', base), { authProvider: provider as never })
  const client = new LegacyClient({ name: 'c', version: '1' })
  await expect(client.connect(transport as Transport)).rejects.toThrow(UnauthorizedError)
  await page.goto(opened[0]?.href ?? '')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const next = new URL(page.url()).searchParams.get('next') ?? ''
  expect(next).toMatch(/^\/connect\//)
  await page.goto(`${await signInLink('admin@example.com')}&next=${encodeURIComponent(next)}`)
  await page.getByRole('heading', { name: 'Official client' }).waitFor()
  await page.getByText(new URL(back.url).host, { exact: true }).waitFor()
  expect(await faults(page)).toEqual([])
  await press(page, page.getByRole('button', { name: 'Refuse' }))
  await page.getByRole('heading', { name: 'Back' }).waitFor()
  const answer = back.arrived.find(({ pathname }) => pathname === '/callback')?.searchParams
  expect([answer?.get('error'), answer?.get('state'), answer?.get('iss')]).toEqual([
    'access_denied',
    'a-state',
    base,
  ])
  back.close()
})

async function agree(
  opened: URL | undefined,
  back: Awaited<ReturnType<typeof callback>>,
): Promise<URLSearchParams> {
  await page.goto(opened?.href ?? '')
  await press(page, page.getByRole('button', { name: 'Allow' }))
  await page.getByRole('heading', { name: 'Back' }).waitFor()
  const found = back.arrived.find(({ searchParams }) => searchParams.has('code'))
  if (found === undefined) throw new Error('no code came back')
  return found.searchParams
}

test('the client of SDK 1.x connects through the browser, by keyboard alone', async () => {
  const back = await callback()
  const { provider, opened, kept } = memory(back.url)
  const open = () => new LegacyTransport(new URL('/mcp', base), { authProvider: provider as never })
  const first = open()
  await expect(new LegacyClient({ name: 'c', version: '1' }).connect(first as Transport)).rejects.toThrow(
    UnauthorizedError,
  )
  await first.finishAuth((await agree(opened[0], back)).get('code') ?? '')
  const client = new LegacyClient({ name: 'sdk-1', version: '1' })
  await client.connect(open() as Transport)
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('search_tools')
  await client.close()
  // An access token that ran out is renewed without a person.
  const tokens = kept['tokens'] as { access_token: string; refresh_token: string }
  kept['tokens'] = { ...tokens, access_token: `${tokens.access_token.slice(0, -6)}AAAAAA` }
  const again = new LegacyClient({ name: 'sdk-1', version: '1' })
  await again.connect(open() as Transport)
  expect((await again.listTools()).tools.length).toBeGreaterThan(0)
  expect((kept['tokens'] as typeof tokens).refresh_token).not.toBe(tokens.refresh_token)
  await again.close()
  back.close()
})

test('the client of SDK 2.x connects through the browser', async () => {
  const back = await callback()
  const { provider, opened } = memory(back.url)
  const open = () => new ModernTransport(new URL('/mcp', base), { authProvider: provider as never })
  const options = { versionNegotiation: { mode: 'auto' as const } }
  const first = open()
  await expect(new ModernClient({ name: 'c', version: '1' }, options).connect(first)).rejects.toThrow()
  await first.finishAuth(await agree(opened[0], back))
  const client = new ModernClient({ name: 'sdk-2', version: '2' }, options)
  await client.connect(open())
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('search_tools')
  await client.close()
  back.close()
})

test('mcp-remote connects a stdio client through the browser', { timeout: 240_000 }, async (context) => {
  const missing = await whyNoRegistry('mcp-remote through the browser')
  if (missing !== undefined) return context.skip(missing)
  const tools = await installReal('mcp-remote@0.15.1')
  const port = await freePort()
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(tools, 'node_modules/mcp-remote/dist/proxy.js'), `${base}/mcp`, String(port)],
    // Without a program to open addresses it prints the address, as on a machine without a screen.
    env: { PATH: '', HOME: server.dataDir, MCP_REMOTE_CONFIG_DIR: join(server.dataDir, 'mcp-remote') },
    stderr: 'pipe',
  })
  let said = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const client = new LegacyClient({ name: 'stdio-client', version: '1' })
  const connected = client.connect(transport)
  await expect.poll(() => said, { timeout: 30_000 }).toMatch(/http\S+\/oauth\/authorize\?\S+/)
  await page.goto(/http\S+\/oauth\/authorize\?\S+/.exec(said)?.[0] ?? '')
  await page.getByRole('heading', { name: /MCP/ }).waitFor()
  await page.getByRole('button', { name: 'Allow' }).click()
  await connected
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('search_tools')
  await client.close()
})

test('connected clients are listed and ended in the console', async () => {
  await page.goto(`${base}/clients`)
  await page.getByRole('heading', { name: 'Connected clients' }).waitFor()
  expect(await faults(page)).toEqual([])
  await page.getByRole('button', { name: 'Disconnect Official client' }).first().click()
  await page.getByRole('button', { name: 'Disconnect client' }).click()
  await page.getByText('Client disconnected').waitFor()
})

test('an administrator approves an address in the inbox, and the waiting page goes on by itself', async () => {
  await server.api('POST', '/api/v1/users', { email: 'user@example.com' })
  const person = await openPage(browser, 'dark')
  await person.goto(await signInLink('user@example.com'))
  await person.getByRole('heading', { name: /^Welcome/ }).waitFor()
  const uri = 'https://client.example.com/cb'
  const { provider, opened } = memory(uri)
  const transport = new LegacyTransport(new URL('/mcp', base), { authProvider: provider as never })
  await expect(new LegacyClient({ name: 'c', version: '1' }).connect(transport as Transport)).rejects.toThrow(
    UnauthorizedError,
  )
  await person.goto(opened[0]?.href ?? '')
  await person.getByLabel('What you need it for').fill('our web client')
  await person.getByRole('button', { name: 'Ask an administrator' }).click()
  await person.getByText('Waiting for an administrator').waitFor()
  expect(await faults(person)).toEqual([])

  await page.goto(`${base}/requests`)
  await page.getByText('our web client').waitFor()
  expect(await faults(page)).toEqual([])
  await page.getByRole('button', { name: `Approve ${uri}` }).click()
  await page.getByRole('button', { name: 'Approve request' }).click()
  await page.getByText('Request approved').waitFor()
  await person.getByRole('button', { name: 'Allow' }).waitFor()

  await page.goto(`${base}/requests`)
  await page.getByLabel('Redirect URI', { exact: true }).fill('https://*.example.com/cb')
  await page.getByText('Block', { exact: true }).first().click()
  await page.getByRole('button', { name: 'Add rule' }).click()
  await page.getByText('Rule added').waitFor()
  await person.reload()
  await person.getByText('This redirect URI is blocked for your organization').waitFor()
  expect(await faults(person)).toEqual([])
  await person.context().close()
})
