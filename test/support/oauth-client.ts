import { createHash, randomBytes } from 'node:crypto'
import { freshServer } from './fresh-server.ts'
import type { RunningServer } from './server.ts'

/** A person's browser as far as OAuth sees it: a cookie jar that follows redirects of the server itself. */
export type Browser = {
  get(url: string): Promise<Response>
  /** A REST call of the console, with its cookie and its proof against forgery. */
  api<T>(method: string, path: string, body?: unknown): Promise<T>
}

export const baseOf = (server: RunningServer) => `http://localhost:${server.url.port}`

/** A server of its own, and the browser of its first administrator. */
export async function signedInServer(): Promise<{ server: RunningServer; base: string; browser: Browser }> {
  const server = await freshServer()
  return { server, base: baseOf(server), browser: await signIn(server, 'admin@example.com') }
}

/** Signs a person in with a one-time link, as the console does. */
export async function signIn(server: RunningServer, email: string): Promise<Browser> {
  const base = baseOf(server)
  const jar = new Map<string, { value: string; path: string }>()
  const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const { pathname } = new URL(url)
    const cookie = [...jar]
      .filter(([, { path }]) => pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
    const headers = { ...(init.headers as Record<string, string>), ...(cookie === '' ? {} : { cookie }) }
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const path = /path=([^;]+)/i.exec(line)?.[1] ?? '/'
      if (value === '') jar.delete(name)
      else jar.set(name, { value, path })
    }
    return answer
  }
  const people = await server.api<{ data: { id: string }[] }>(
    'GET',
    `/api/v1/users?query=${encodeURIComponent(email)}`,
  )
  const link = await server.api<{ url: string }>('POST', `/api/v1/users/${people.data[0]?.id}/sign-in-links`)
  const token = new URL(link.url).searchParams.get('token')
  const session = (await (
    await send(`${base}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
  ).json()) as { csrf_token: string }
  return {
    get: (url) => send(url),
    async api<T>(method: string, path: string, body?: unknown): Promise<T> {
      const headers: Record<string, string> = { 'x-csrf-token': session.csrf_token }
      if (body !== undefined) headers['content-type'] = 'application/json'
      const answer = await send(new URL(path, base).href, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${answer.status} ${text}`)
      return (text === '' ? undefined : JSON.parse(text)) as T
    },
  }
}

export type Client = { client_id: string; client_secret?: string; redirect_uris: string[] }
export type TokenAnswer = { access_token: string; refresh_token: string; scope: string; token_type: string }

export async function register(server: RunningServer, more: object = {}): Promise<Client> {
  const answer = await fetch(`${baseOf(server)}/api/v1/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Test client',
      redirect_uris: ['http://localhost:1234/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      ...more,
    }),
  })
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Client
}

/** A started authorization, up to where the browser stands on the console's page. */
export async function start(
  server: RunningServer,
  browser: Browser,
  client: Client,
  more: Record<string, string> = {},
) {
  const verifier = randomBytes(32).toString('base64url')
  const url = new URL(`${baseOf(server)}/api/v1/oauth/authorize`)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: client.redirect_uris[0] ?? '',
    state: 'the-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  }).toString()
  const answer = await browser.get(url.href)
  const location = answer.headers.get('location') ?? ''
  return { answer, location, verifier, id: /^\/connect\/([\w-]+)$/.exec(location)?.[1] ?? '' }
}

export function askToken(server: RunningServer, form: Record<string, string>): Promise<Response> {
  return fetch(`${baseOf(server)}/api/v1/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
}

/** The whole way: authorize, agree, come back, change the code for tokens. */
export async function connect(
  server: RunningServer,
  browser: Browser,
  client: Client,
  more: Record<string, string> = {},
): Promise<TokenAnswer> {
  const { id, verifier } = await start(server, browser, client, more)
  const { continue_url } = await browser.api<{ continue_url: string }>(
    'POST',
    `/api/v1/oauth/interactions/${id}/agree`,
  )
  const back = await browser.get(continue_url)
  const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const answer = await askToken(server, {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    code,
    code_verifier: verifier,
    redirect_uri: client.redirect_uris[0] ?? '',
    ...(more['resource'] === undefined ? {} : { resource: more['resource'] }),
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as TokenAnswer
}

/** Initializes an MCP session with a token and answers the status. */
export async function initialize(url: string, token: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    }),
  })
}
