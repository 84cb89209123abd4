import { CommandError, exitCodes } from '../terminal.ts'
import type { Attack } from './attack-corpus.ts'

/** held: the definition waits for a person. blocked, masked, alerted: what a guard did. passed: nothing happened. */
export type Fate = 'held' | 'blocked' | 'masked' | 'alerted' | 'passed'
export type Shot = {
  readonly id: string
  readonly kind: Attack['kind']
  readonly where: Attack['where']
  readonly fate: Fate
}

export type Range = { readonly baseUrl: string; readonly key: string; readonly signal: AbortSignal }

type ToolRow = { name: string; state: string; scan: { state: string } }
type AuditRow = { tool?: string }

/** Puts the hostile server behind the gateway, calls every tool that is shown, and takes it away again. */
export async function fireAttacks(
  range: Range,
  corpus: readonly Attack[],
  upstream: string,
): Promise<Shot[]> {
  const name = `Red team ${Date.now().toString(36)}`
  const made = await rest<{ id: string }>(range, 'POST', '/api/v1/servers', {
    name,
    transport: 'streamable_http',
    url: upstream,
    auth: { type: 'none' },
    protocol: 'legacy',
    status: 'active',
    tool_review: 'quarantine',
  })
  try {
    const { data: tools } = await rest<{ data: ToolRow[] }>(range, 'GET', `/api/v1/servers/${made.id}/tools`)
    const known = new Map(tools.map((tool) => [tool.name, tool]))
    if (known.size === 0)
      throw new CommandError(
        exitCodes.failure,
        'The gateway learned no tools of the hostile server: it must be able to reach this machine on the loopback.',
      )
    const shots = await shoot(range, { corpus, known, url: `/api/v1/proxy/${made.id}/mcp` })
    const warned = await warnedTools(range, made.id)
    return shots.map((shot) =>
      shot.fate === 'passed' && warned.has(shot.id) ? { ...shot, fate: 'alerted' } : shot,
    )
  } finally {
    await rest(range, 'DELETE', `/api/v1/servers/${made.id}`)
  }
}

async function shoot(
  range: Range,
  at: { corpus: readonly Attack[]; known: ReadonlyMap<string, ToolRow>; url: string },
): Promise<Shot[]> {
  const session = await openSession(range, at.url)
  const shots: Shot[] = []
  for (const attack of at.corpus) {
    const { id, kind, where } = attack
    const tool = at.known.get(id)
    const fate: Fate =
      tool?.state !== 'active'
        ? 'held'
        : where === 'definition'
          ? tool.scan.state === 'flagged'
            ? 'alerted'
            : 'passed'
          : await callTool(range, { url: at.url, session, attack })
    shots.push({ id, kind, where, fate })
  }
  return shots
}

type Called = { url: string; session: string; attack: Attack }
type ToolResult = { isError?: boolean; content?: { text?: string }[]; structuredContent?: { error?: string } }

async function callTool(range: Range, { url, session, attack }: Called): Promise<Fate> {
  const body = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: attack.id, arguments: {} } }
  const { message } = await mcp(range, url, body, session)
  const result = message['result'] as ToolResult | undefined
  if (result?.structuredContent?.error === 'content-blocked' || message['error'] !== undefined)
    return 'blocked'
  return result?.content?.[0]?.text === attack.text ? 'passed' : 'masked'
}

async function openSession(range: Range, url: string): Promise<string> {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'runlayer-redteam', version: '1' },
  }
  const { session } = await mcp(
    range,
    url,
    { jsonrpc: '2.0', id: 1, method: 'initialize', params },
    undefined,
  )
  if (session === null) throw new CommandError(exitCodes.failure, 'The gateway gave no MCP session.')
  return session
}

async function mcp(
  range: Range,
  path: string,
  body: object,
  session: string | undefined,
): Promise<{ message: Record<string, unknown>; session: string | null }> {
  const response = await fetch(`${range.baseUrl}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${range.key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session === undefined ? {} : { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }),
    },
    body: JSON.stringify(body),
    signal: range.signal,
  })
  const text = await response.text()
  const json = text.startsWith('{') ? text : (/^data: ?(\{.*\})$/m.exec(text)?.[1] ?? '{}')
  return {
    message: JSON.parse(json) as Record<string, unknown>,
    session: response.headers.get('mcp-session-id'),
  }
}

async function warnedTools(range: Range, serverId: string): Promise<Set<string>> {
  const path = `/api/v1/audit-logs?action=security_warning&server_id=${serverId}&limit=200`
  const { data } = await rest<{ data: AuditRow[] }>(range, 'GET', path)
  return new Set(data.flatMap(({ tool }) => (tool === undefined ? [] : [tool])))
}

async function rest<T>(range: Range, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${range.baseUrl}${path}`, {
    method,
    headers: {
      'x-runlayer-api-key': range.key,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: range.signal,
  })
  const text = await response.text()
  if (!response.ok) {
    const { detail } = JSON.parse(text || '{}') as { detail?: string }
    const code = response.status === 401 || response.status === 403 ? exitCodes.notAllowed : exitCodes.failure
    throw new CommandError(code, detail ?? `The server answered ${response.status}.`)
  }
  return (text === '' ? undefined : JSON.parse(text)) as T
}
