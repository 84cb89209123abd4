import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { baseUrlOf } from '../call-server.ts'
import { askOauth, findSignIn, signInOf, storeSignIn } from '../stored-sign-in.ts'
import { CommandError, exitCodes, type Terminal } from '../terminal.ts'

type Device = {
  device_code: string
  user_code: string
  verification_uri_complete: string
  expires_in: number
  interval?: number
}
type TokenAnswer = Parameters<typeof signInOf>[0]

/** RFC 8628 §3.2: without another word of the server, one question every five seconds. */
const defaultIntervalSeconds = 5

/** `login` and `logout`: signs the command line in by a code that is entered in the console. */
export function addLogin(program: Command, terminal: Terminal): void {
  program
    .command('login')
    .description('sign in with the browser, on this machine or another')
    .option('--url <address>', 'where the server is')
    .action((options: { url?: string }) => login(terminal, baseUrlOf(terminal, options.url)))
  program
    .command('logout')
    .description('end the sign-in of this machine')
    .option('--url <address>', 'where the server is')
    .action((options: { url?: string }) => logout(terminal, baseUrlOf(terminal, options.url)))
}

async function login(terminal: Terminal, baseUrl: string): Promise<void> {
  const oauth = `${baseUrl}/api/v1/oauth`
  const { issuer } = (await metadata(terminal, baseUrl)) as { issuer: string }
  const started = await askOauth(terminal, `${oauth}/device_authorization`, { resource: `${issuer}/api/v1` })
  if (!started.ok) throw refused(started.value)
  const device = started.value as Device
  terminal.message(`Open ${device.verification_uri_complete}`)
  terminal.message(`and check that it shows the code ${device.user_code}.`)
  const until = Date.now() + device.expires_in * 1000
  let pauseMs = (device.interval ?? defaultIntervalSeconds) * 1000
  while (Date.now() < until) {
    await delay(pauseMs, undefined, { signal: terminal.signal }).catch(() => {
      throw new CommandError(exitCodes.interrupted, 'Interrupted.')
    })
    const { ok, value } = await askOauth(terminal, `${oauth}/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: device.device_code,
    })
    if (ok) {
      storeSignIn(terminal, baseUrl, signInOf(value as TokenAnswer, Date.now()))
      terminal.message('You are signed in.')
      return
    }
    if (value['error'] === 'slow_down') pauseMs += 5000
    else if (value['error'] !== 'authorization_pending') throw refused(value)
  }
  throw new CommandError(exitCodes.notAllowed, 'Nobody entered the code in time. Run runlayer login again.')
}

async function logout(terminal: Terminal, baseUrl: string): Promise<void> {
  const known = findSignIn(terminal, baseUrl)
  if (known === undefined) throw new CommandError(exitCodes.notAllowed, `Nobody is signed in at ${baseUrl}.`)
  storeSignIn(terminal, baseUrl, undefined)
  await askOauth(terminal, `${baseUrl}/api/v1/oauth/revoke`, { token: known.refresh_token })
  terminal.message('You are signed out.')
}

async function metadata(terminal: Terminal, baseUrl: string): Promise<unknown> {
  const url = `${baseUrl}/.well-known/oauth-authorization-server`
  const response = await fetch(url, { signal: terminal.signal }).catch((cause: unknown) => {
    throw new CommandError(
      exitCodes.failure,
      `No server answers at ${baseUrl}. Is it running? --url says where to look.`,
      { cause },
    )
  })
  if (!response.ok) throw new CommandError(exitCodes.failure, `${baseUrl} is no Runlayer server.`)
  return response.json()
}

function refused(value: Record<string, unknown>): CommandError {
  const words = typeof value['error_description'] === 'string' ? value['error_description'] : value['error']
  return new CommandError(exitCodes.notAllowed, `The server did not sign you in: ${String(words)}.`)
}
