import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CommandError, exitCodes, type Terminal } from './terminal.ts'

/** What `login` keeps for one server. */
export type SignIn = {
  readonly access_token: string
  readonly refresh_token: string
  /** Milliseconds since 1970. */
  readonly expires_at: number
}
type TokenAnswer = { access_token: string; refresh_token: string; expires_in: number }

export const clientId = 'runlayer-cli'
/** Renewed this long before it ends, so that it does not end on the way. */
const earlyMs = 30_000

function fileOf(terminal: Terminal): string {
  const home = terminal.env['XDG_CONFIG_HOME'] ?? join(terminal.env['HOME'] ?? homedir(), '.config')
  return join(home, 'runlayer', 'sign-ins.json')
}

function readAll(terminal: Terminal): Record<string, SignIn> {
  try {
    return JSON.parse(readFileSync(fileOf(terminal), 'utf8')) as Record<string, SignIn>
  } catch {
    return {}
  }
}

/** For its owner alone, and never half written. */
export function storeSignIn(terminal: Terminal, baseUrl: string, signIn: SignIn | undefined): void {
  const file = fileOf(terminal)
  const { [baseUrl]: _, ...others } = readAll(terminal)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}`
  const all = signIn === undefined ? others : { ...others, [baseUrl]: signIn }
  writeFileSync(draft, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, file)
}

export function findSignIn(terminal: Terminal, baseUrl: string): SignIn | undefined {
  return readAll(terminal)[baseUrl]
}

export function signInOf(answer: TokenAnswer, now: number): SignIn {
  const { access_token, refresh_token, expires_in } = answer
  return { access_token, refresh_token, expires_at: now + expires_in * 1000 }
}

export type OauthAnswer = { ok: boolean; value: Record<string, unknown> }

/** One form to an OAuth endpoint of the server. */
export async function askOauth(
  terminal: Terminal,
  url: string,
  form: Record<string, string>,
): Promise<OauthAnswer> {
  const request = fetch(url, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({ client_id: clientId, ...form }),
    signal: terminal.signal,
  })
  const response = await request.catch((cause: unknown) => {
    if (terminal.signal.aborted) throw new CommandError(exitCodes.interrupted, 'Interrupted.')
    throw new CommandError(exitCodes.failure, `No server answers at ${new URL(url).origin}.`, { cause })
  })
  const text = await response.text()
  return { ok: response.ok, value: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
}

/** The access token kept for this server, renewed when it is about to end; undefined without a sign-in. */
export async function storedToken(terminal: Terminal, baseUrl: string): Promise<string | undefined> {
  const known = findSignIn(terminal, baseUrl)
  if (known === undefined || known.expires_at - earlyMs > Date.now()) return known?.access_token
  const { ok, value } = await askOauth(terminal, `${baseUrl}/api/v1/oauth/token`, {
    grant_type: 'refresh_token',
    refresh_token: known.refresh_token,
  })
  if (!ok) {
    // Only what the server says has ended is forgotten; a server in trouble is no reason to sign in again.
    if (value['error'] !== 'invalid_grant')
      throw new CommandError(exitCodes.failure, 'The server could not renew your sign-in. Try again.')
    storeSignIn(terminal, baseUrl, undefined)
    throw new CommandError(exitCodes.notAllowed, 'Your sign-in has ended. Run runlayer login again.')
  }
  const renewed = signInOf(value as TokenAnswer, Date.now())
  storeSignIn(terminal, baseUrl, renewed)
  return renewed.access_token
}
