import type { JsonObject } from '../kernel/json.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import type { ShownClient } from './facts.ts'

/** What a token endpoint gave. */
export type Tokens = {
  readonly accessToken: string
  readonly refreshToken?: string
  /** Milliseconds since the epoch; absent: valid until refused. */
  readonly expiresAt?: number
  readonly scope?: string
}

/**
 * Why there is no token. `ended`: the grant is over and only a person can renew it. `client`: our client is not known or
 * its secret is wrong. `later`: the same request may work later, so nothing is thrown away. `refused`: anything else.
 */
export type TokenTrouble = {
  readonly kind: 'ended' | 'client' | 'later' | 'refused'
  /** Completes a sentence that starts with the authorization server; safe to show. */
  readonly what: string
  readonly retryAfterMs?: number
}

export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly trouble: TokenTrouble
  constructor(trouble: TokenTrouble, cause?: unknown) {
    super(trouble.what, { cause })
    this.trouble = trouble
  }
}

export type TokenAsk = {
  readonly fetch: GuardedFetch
  readonly endpoint: string
  readonly client: ShownClient
  readonly params: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

const timeoutMs = 10_000
const maxRetryAfterMs = 60_000

/** One request to a token endpoint. Throws TokenError. */
export async function requestToken(ask: TokenAsk): Promise<Tokens> {
  const answer = await post(ask).catch((error: unknown) => {
    throw new TokenError({ kind: 'later', what: messageOf(error) }, error)
  })
  const error = answer.value?.['error']
  if (answer.status >= 500 || answer.status === 429)
    throw new TokenError({
      kind: 'later',
      what: `answered with status ${answer.status}`,
      ...retryAfter(answer),
    })
  // Some servers say no with status 200.
  if (typeof error === 'string' || answer.status !== 200) throw refusal(answer.status, answer.value)
  return readTokens(answer.value, ask.now())
}

/** Best effort (RFC 7009): whether the server heard it or not, the grant is forgotten here. */
export async function revokeToken(
  ask: Omit<TokenAsk, 'params' | 'now'> & { token: string; hint: 'access_token' | 'refresh_token' },
): Promise<void> {
  const params = { token: ask.token, token_type_hint: ask.hint }
  await post({ ...ask, params, now: Date.now }).catch(() => undefined)
}

function post({ fetch, endpoint, client, params }: TokenAsk) {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) if (value !== undefined) form.set(name, value)
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' }
  if (client.auth === 'basic' && client.secret !== undefined) {
    // RFC 6749 §2.3.1: each half is form-encoded before the join.
    const pair = [client.clientId, client.secret].map(formEncoded).join(':')
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
  } else {
    form.set('client_id', client.clientId)
    if (client.auth === 'post' && client.secret !== undefined) form.set('client_secret', client.secret)
    if (client.assertion !== undefined) {
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      form.set('client_assertion', client.assertion)
    }
  }
  return fetch.json(new URL(endpoint), { method: 'POST', headers, body: form.toString(), timeoutMs })
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

function refusal(status: number, value: JsonObject | undefined): TokenError {
  const code = typeof value?.['error'] === 'string' ? shown(value['error'], 60) : undefined
  const more = typeof value?.['error_description'] === 'string' ? shown(value['error_description'], 200) : ''
  if (code === undefined) return new TokenError({ kind: 'refused', what: `answered with status ${status}` })
  const what = `refused: ${code}${more === '' ? '' : ` (${more})`}`
  const isClient = code === 'invalid_client' || code === 'unauthorized_client'
  const kind = code === 'invalid_grant' ? 'ended' : isClient ? 'client' : 'refused'
  return new TokenError({ kind: code === 'temporarily_unavailable' ? 'later' : kind, what })
}

function readTokens(value: JsonObject | undefined, now: number): Tokens {
  const access = value?.['access_token']
  const type = value?.['token_type']
  // Visible ASCII only: the token becomes a header.
  if (typeof access !== 'string' || !/^[\x21-\x7e]{1,32768}$/.test(access))
    throw new TokenError({ kind: 'later', what: 'answered without a usable access token' })
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer')
    throw new TokenError({
      kind: 'refused',
      what: `gave a token of a kind nobody asked for (${shown(type, 40)})`,
    })
  const refresh = value?.['refresh_token']
  const seconds = Number(value?.['expires_in'] ?? Number.NaN)
  const scope = value?.['scope']
  return {
    accessToken: access,
    ...(typeof refresh === 'string' && refresh !== '' ? { refreshToken: refresh } : {}),
    ...(Number.isFinite(seconds) && seconds > 0 ? { expiresAt: now + seconds * 1_000 } : {}),
    ...(typeof scope === 'string' ? { scope } : {}),
  }
}

function retryAfter({ headers }: { headers: Readonly<Record<string, string>> }): { retryAfterMs?: number } {
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0
    ? { retryAfterMs: Math.min(seconds * 1_000, maxRetryAfterMs) }
    : {}
}

/** Words of somebody else, made safe to show. */
export function shown(text: string, most: number): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, most)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `could not be asked: ${error.message}` : 'could not be asked'
}
