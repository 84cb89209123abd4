import { storedToken } from './stored-sign-in.ts'
import { CommandError, exitCodes, type Terminal } from './terminal.ts'

type ServerProblem = {
  detail?: string
  next?: string
  request_id?: string
  errors?: { loc: string; msg: string }[]
}

/** Where the running server is: --url, else RUNLAYER_BASE_URL, else the default of a local one. */
export function baseUrlOf(terminal: Terminal, flag: string | undefined): string {
  const chosen =
    flag ?? terminal.env['RUNLAYER_BASE_URL'] ?? `http://localhost:${terminal.env['RUNLAYER_PORT'] ?? '3000'}`
  if (!URL.canParse(chosen) || !/^https?:$/.test(new URL(chosen).protocol)) {
    throw new CommandError(
      exitCodes.usage,
      `${chosen} is no address; give one such as https://gateway.example.com`,
    )
  }
  return chosen.replace(/\/+$/, '')
}

/**
 * One REST request with the key from RUNLAYER_API_KEY (never from an argument: other people on the machine can read
 * those), else as whoever ran `login`. Resolves with the parsed answer, undefined when there is none; throws CommandError with the right exit code.
 */
export async function callServer(
  terminal: Terminal,
  baseUrl: string,
  method: string,
  path: string,
): Promise<unknown> {
  const key = terminal.env['RUNLAYER_API_KEY']
  const token = key === undefined || key === '' ? await storedToken(terminal, baseUrl) : undefined
  if (token === undefined && (key === undefined || key === ''))
    throw new CommandError(
      exitCodes.notAllowed,
      'Run runlayer login, or set RUNLAYER_API_KEY to an API key of yours.',
    )
  const proof =
    token === undefined ? { 'x-runlayer-api-key': key ?? '' } : { authorization: `Bearer ${token}` }
  return answerOf(terminal, baseUrl, (signal) =>
    fetch(`${baseUrl}${path}`, {
      method,
      headers: { ...proof, accept: 'application/json' },
      signal,
    }),
  )
}

/** One REST change that needs no key, because its body proves what it must. */
export async function postToServer(
  terminal: Terminal,
  baseUrl: string,
  path: string,
  body: object,
): Promise<unknown> {
  return answerOf(terminal, baseUrl, (signal) =>
    fetch(`${baseUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      signal,
    }),
  )
}

async function answerOf(
  terminal: Terminal,
  baseUrl: string,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<unknown> {
  const request = ask(terminal.signal)
  const response = await request.catch((cause: unknown) => {
    if (terminal.signal.aborted) throw new CommandError(exitCodes.interrupted, 'Interrupted.')
    throw new CommandError(
      exitCodes.failure,
      `No server answers at ${baseUrl}. Is it running? --url says where to look.`,
      { cause },
    )
  })
  const text = await response.text()
  if (!response.ok) throw refusal(response.status, text)
  return text === '' ? undefined : JSON.parse(text)
}

function refusal(status: number, text: string): CommandError {
  const problem = readProblem(text)
  const fields = (problem.errors ?? []).map((error) => `\n  ${error.loc}: ${error.msg}`).join('')
  const id = problem.request_id === undefined ? '' : ` (request ${problem.request_id})`
  const words = `${problem.detail ?? `The server answered ${status}.`}${id}${fields}${problem.next === undefined ? '' : `\n${problem.next}`}`
  if (status === 401 || status === 403) return new CommandError(exitCodes.notAllowed, words)
  return new CommandError(status === 400 || status === 422 ? exitCodes.validation : exitCodes.failure, words)
}

function readProblem(text: string): ServerProblem {
  try {
    return JSON.parse(text) as ServerProblem
  } catch {
    return {}
  }
}
