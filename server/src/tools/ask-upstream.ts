import type { Credential, RawObject } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Lane, UpstreamFacts, Upstreams } from '../kernel/upstream.ts'
import { elementsOf, stringOf } from '../lib/raw-json.ts'

/** The session tools are learned on: nobody's, so that no person's session is disturbed. */
export const learnLane: Lane = { principal: 'system', session: undefined, exclusive: false }
/** All that a client could bring: some servers list only what the client at the other end can take part in. */
export const learnCapabilities: JsonObject = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }

/** Bounds of one connector's list (T37). */
export type ListBounds = {
  readonly pages: number
  readonly tools: number
  readonly chars: number
  readonly idleTimeoutMs: number
}

const maxCursorChars = 16 * 1024
const methodNotFound = -32601

function fault(connector: Connector, detail: string): GatewayError {
  return new GatewayError('upstream-failed', detail, { connector: connector.name })
}

function offersTools(facts: UpstreamFacts | undefined): boolean {
  return facts?.capabilities['tools'] !== undefined
}

type Asking = {
  upstreams: Upstreams
  connector: Connector
  credential: Credential
  bounds: ListBounds
  signal: AbortSignal
}

async function askPage(asking: Asking, cursor: string | undefined): Promise<RawObject | 'no tools'> {
  const { upstreams, connector, credential, bounds, signal } = asking
  const reply = await upstreams.call({
    connector,
    credential,
    lane: learnLane,
    method: 'tools/list',
    params: new Map(cursor === undefined ? [] : [['cursor', JSON.stringify(cursor)]]),
    capabilities: learnCapabilities,
    logLevel: undefined,
    wantsProgress: false,
    paramHeaders: {},
    idleTimeoutMs: bounds.idleTimeoutMs,
    signal,
    onNotification: () => undefined,
    onAsk: async (method) =>
      method === 'roots/list'
        ? { result: '{"roots":[]}' }
        : { error: JSON.stringify({ code: methodNotFound, message: 'Nobody is here to be asked' }) },
  })
  if (reply.kind === 'result') return reply.members
  if (reply.code === methodNotFound && cursor === undefined) {
    const facts = await upstreams
      .facts(connector, credential, learnLane, learnCapabilities)
      .catch(() => undefined)
    if (facts !== undefined && !offersTools(facts)) return 'no tools'
  }
  throw fault(connector, `${connector.name} refused to list its tools: ${reply.message.slice(0, 300)}`)
}

function checkSize(
  connector: Connector,
  bounds: ListBounds,
  size: Pick<ListBounds, 'chars' | 'tools'>,
): void {
  if (size.chars > bounds.chars)
    throw fault(connector, `${connector.name} lists more than ${bounds.chars} characters of tools.`)
  if (size.tools > bounds.tools)
    throw fault(connector, `${connector.name} lists more than ${bounds.tools} tools.`)
}

/** The cursor of the page after this one; undefined when there is none. Throws when it was followed before (T37). */
function nextCursor(connector: Connector, page: RawObject, followed: Set<string>): string | undefined {
  const cursor = stringOf(page.get('nextCursor'))
  if (cursor === undefined || cursor === '') return undefined
  if (followed.has(cursor) || cursor.length > maxCursorChars)
    throw fault(connector, `${connector.name} lists its tools in an endless circle of pages.`)
  followed.add(cursor)
  return cursor
}

/**
 * The definitions an upstream lists, each as its own text. Throws a GatewayError when the upstream cannot be asked, or
 * when its list passes the bounds or runs in a circle: half a list is no list.
 */
export async function askForTools(asking: Asking): Promise<string[]> {
  const { connector, bounds } = asking
  const definitions: string[] = []
  const followed = new Set<string>()
  let chars = 0
  let cursor: string | undefined
  for (let page = 0; page < bounds.pages; page++) {
    const members = await askPage(asking, cursor)
    if (members === 'no tools') return []
    const list = members.get('tools')
    if (list === undefined || !list.startsWith('['))
      throw fault(connector, `${connector.name} answered tools/list without a list of tools.`)
    chars += list.length
    if (chars <= bounds.chars) for (const definition of elementsOf(list)) definitions.push(definition)
    checkSize(connector, bounds, { chars, tools: definitions.length })
    cursor = nextCursor(connector, members, followed)
    if (cursor === undefined) return definitions
  }
  throw fault(connector, `${connector.name} lists its tools in more than ${bounds.pages} pages.`)
}
