import { RawClient } from './raw-client.ts'

export type Target = {
  url: URL /** One set of headers per person; connections take turns. */
  headers: readonly string[]
  tool: 'echo' | 'execute_tool'
  toolName?: string
}
export type Round = {
  calls: number
  errors: number
  perSecond: number
  p50: number
  p95: number
  p99: number
  seconds: number
  firstError: string | undefined
}

type Session = { client: RawClient; headers: string }

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
})

/** Opens one real MCP session (2025-11-25) per connection. */
export async function openSessions(target: Target, connections: number): Promise<Session[]> {
  return await Promise.all(
    Array.from({ length: connections }, async (_, index) => {
      const client = await RawClient.open(target.url)
      const credential = target.headers[index % target.headers.length] ?? ''
      const answer = await client.post(target.url.pathname, credential, initialize)
      const session = /mcp-session-id: ([^\r\n]+)/i.exec(answer.head)?.[1]
      if (answer.status !== 200)
        throw new Error(`initialize answered ${answer.status}: ${answer.body.slice(0, 300)}`)
      const headers = `${credential}${session === undefined ? '' : `mcp-session-id: ${session}\r\n`}mcp-protocol-version: 2025-11-25\r\n`
      return { client, headers }
    }),
  )
}

let unique = 0

function callBody(target: Target, id: number): { body: string; expected: string } {
  // A sentence, because guards pass over what holds no words.
  const nonce = `Report ${++unique} went to the whole team on Monday morning, as agreed.`
  const inner = `{"text":"${nonce}"}`
  const params =
    target.tool === 'echo'
      ? `{"name":"echo","arguments":${inner}}`
      : `{"name":"execute_tool","arguments":{"meta":"bench","tool_name":"${target.toolName ?? ''}","arguments":${inner}}}`
  return { body: `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`, expected: nonce }
}

/** Drives calls with unique arguments for `seconds` (or `maxCalls`); every reply is checked. */
export async function drive(
  target: Target,
  sessions: readonly Session[],
  limit: { seconds: number; maxCalls?: number },
): Promise<Round> {
  const times: number[] = []
  let errors = 0
  let firstError: string | undefined
  let left = limit.maxCalls ?? Number.POSITIVE_INFINITY
  const start = performance.now()
  const end = start + limit.seconds * 1000
  const worker = async (session: Session) => {
    for (let id = 1; performance.now() < end && left > 0; id++) {
      left -= 1
      const { body, expected } = callBody(target, id)
      const sent = performance.now()
      const answer = await session.client.post(target.url.pathname, session.headers, body)
      times.push(performance.now() - sent)
      if (
        answer.status !== 200 ||
        !answer.body.includes(expected) ||
        answer.body.includes('"isError":true')
      ) {
        errors += 1
        firstError ??= `${answer.status} ${answer.body.slice(0, 400)}`
      }
    }
  }
  await Promise.all(sessions.map(worker))
  const seconds = (performance.now() - start) / 1000
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return {
    calls: times.length,
    errors,
    perSecond: times.length / seconds,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    seconds,
    firstError,
  }
}

/** Goes on until a second no longer beats the best one before it by more than 3 %, twice; at most `longest` seconds. */
export async function warm(target: Target, sessions: readonly Session[], longest: number): Promise<void> {
  let best = 0
  for (let second = 0, still = 0; second < longest && still < 2; second++) {
    const { perSecond } = await drive(target, sessions, { seconds: 1 })
    still = perSecond > best * 1.03 ? 0 : still + 1
    best = Math.max(best, perSecond)
  }
}

/** The value at a share of a sorted row, between two neighbours where it falls between them. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? 0
  const high = sorted[Math.ceil(at)] ?? 0
  return low + (high - low) * (at - Math.floor(at))
}

export function closeSessions(sessions: readonly Session[]): void {
  for (const session of sessions) session.client.close()
}
