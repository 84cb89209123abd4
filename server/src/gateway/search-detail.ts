import type { JsonObject } from '../kernel/json.ts'
import { objectText } from '../lib/raw-json.ts'

/** How much a hit says. `code` shows TypeScript for run_code, and exists where that does. */
export const details = ['names', 'summary', 'full', 'code'] as const
export type Detail = (typeof details)[number]

/** What running a tool does, as its server says; `unknown` when it says nothing. A hint, never a permission. */
export type Effect = 'read' | 'write' | 'destructive' | 'unknown'

export type Hit = {
  readonly name: string
  readonly description: string
  readonly connector: string
  readonly kind: 'tool'
  readonly serverId: string
  readonly upstreamName: string
  readonly effect: Effect
  /** Words of the query that the tool has. */
  readonly matched: readonly string[]
  /** The tool stands for a sign-in that has to come first. */
  readonly authRequired: boolean
  /** JSON text as the upstream sent it: numbers in it keep their digits. */
  readonly schemaText: string
  readonly inputSchema: JsonObject
  readonly outputSchema: JsonObject | undefined
}

const maxSummaryChars = 160

/** Without annotations nothing is claimed; with them their defaults hold (a tool that writes may destroy unless it says not). */
export function effectOf(annotations: JsonObject | undefined): Effect {
  const { readOnlyHint: reads, destructiveHint: destroys } = annotations ?? {}
  if (reads === true) return 'read'
  if (destroys === false) return 'write'
  return destroys === true || reads === false ? 'destructive' : 'unknown'
}

/** One hit as JSON text. `declare` writes the TypeScript of a tool. */
export function hitText(hit: Hit, detail: Detail, declare: (hit: Hit) => string): string {
  const declaration = detail === 'code' ? JSON.stringify(declare(hit)) : ''
  return objectText([...membersOfHit(hit, detail, declaration)].filter(([, value]) => value !== ''))
}

/** An empty text stands for a member that is left out. */
function* membersOfHit(hit: Hit, detail: Detail, declaration: string): Generator<readonly [string, string]> {
  yield ['name', JSON.stringify(hit.name)]
  if (detail === 'full' || detail === 'summary') {
    const description = detail === 'full' ? hit.description : firstSentence(hit.description)
    yield ['description', JSON.stringify(description)]
    yield ['connector', JSON.stringify(hit.connector)]
  }
  yield ['declaration', declaration]
  if (detail === 'summary') yield ['parameters', JSON.stringify(parameterNames(hit.inputSchema))]
  yield ['kind', JSON.stringify(hit.kind)]
  yield ['effect', hit.authRequired ? '' : JSON.stringify(hit.effect)]
  yield ['auth_required', hit.authRequired ? 'true' : '']
  if (detail !== 'names') yield ['matched', hit.matched.length === 0 ? '' : JSON.stringify(hit.matched)]
  if (detail !== 'full') return
  yield ['server_id', JSON.stringify(hit.serverId)]
  yield ['upstream_name', JSON.stringify(hit.upstreamName)]
  yield ['input_schema', hit.schemaText]
}

function firstSentence(text: string): string {
  const line = text.trim().split(/\n\s*\n|(?<=[.!?。])\s/u, 1)[0] ?? ''
  return line.length <= maxSummaryChars ? line : `${line.slice(0, maxSummaryChars - 1).trimEnd()}…`
}

/** Parameter names, `?` behind those that may be left out. */
function parameterNames(schema: JsonObject): string[] {
  const { properties, required } = schema
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return []
  const needed = Array.isArray(required) ? required : []
  return Object.keys(properties)
    .slice(0, 40)
    .map((name) => (needed.includes(name) ? name : `${name}?`))
}
