import type { Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import { isDatabaseAway } from '../lib/database-away.ts'
import type { Log } from '../lib/log.ts'
import { auditOperation, type RequestFacts } from './audit-operation.ts'
import type { ProvisioningToken, ProvisioningTokens } from './keep-tokens.ts'
import { isObject } from './patch-resource.ts'
import { readFilter } from './read-filter.ts'
import { ScimRefusal } from './scim-error.ts'
import { listOf, mostPerPage, providerConfig, resourceTypes, schemas, userSchema } from './scim-schemas.ts'
import type { Slice } from './store.ts'
import { syncGroups } from './sync-groups.ts'
import { type Changed, type SyncParts, syncPeople } from './sync-people.ts'
import type { TokenStore } from './token-store.ts'

export type ScimRequest = RequestFacts & {
  method: string
  /** Behind `/scim/v2`, with its slash. */
  path: string
  query: URLSearchParams
  body: Json | undefined
}
export type ScimAnswer = { status: number; body: Json | undefined; location?: string }

export type Provisioning = {
  /** The token of a request, judged before anything else of it is. Rejects with a refusal that `refuse` can say. */
  admit(authorization: string | undefined, facts: RequestFacts): Promise<ProvisioningToken>
  answer(request: ScimRequest, token: ProvisioningToken): Promise<ScimAnswer>
  /** Any failure as RFC 7644 §3.12 says it. */
  refuse(thrown: unknown, requestId: string): ScimAnswer
}

type Parts = Omit<SyncParts, 'base'> & {
  tokens: ProvisioningTokens
  rows: Pick<TokenStore, 'noteEnd'>
  journal: Journal
  publicUrl: URL
  log: Log
}

type Resources = {
  list(slice: Slice): Promise<{ total: number; resources: JsonObject[] }>
  get(id: string): Promise<JsonObject>
  create(body: JsonObject, by: ProvisioningToken): Promise<Changed>
  replace(id: string, body: JsonObject, by: ProvisioningToken): Promise<Changed>
  patch(id: string, body: Json | undefined, by: ProvisioningToken): Promise<Changed>
  remove(id: string, by: ProvisioningToken): Promise<Changed>
}

export function provisioning(parts: Parts): Provisioning {
  const base = `${parts.publicUrl.href.replace(/\/+$/, '')}/scim/v2`
  userSchema()
  const sync = { ...parts, base }
  const kinds: Readonly<Record<string, { type: 'user' | 'group'; resources: Resources }>> = {
    Users: { type: 'user', resources: syncPeople(sync) },
    Groups: { type: 'group', resources: syncGroups(sync) },
  }
  return {
    admit: (authorization, facts) => parts.tokens.authenticate(authorization, facts),
    async answer(request, token) {
      const [name = '', id, ...rest] = request.path.split('/').filter((part) => part !== '')
      const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
      if (rest.length > 0) throw notThere()
      if (kind === undefined) return described(base, { name, id, method: request.method })
      if (request.method === 'GET') return read(kind.resources, request, id)
      return change(parts, { request, token, id, ...kind })
    },
    refuse(thrown, requestId) {
      const refusal = asRefusal(thrown)
      if (refusal.status >= 500)
        parts.log.error({ err: thrown, request_id: requestId }, 'a SCIM request failed')
      return { status: refusal.status, body: refusal.body }
    },
  }
}

const notThere = () => new ScimRefusal(404, 'There is no such SCIM endpoint.')

function described(
  base: string,
  { name, id, method }: { name: string; id: string | undefined; method: string },
): ScimAnswer {
  const lists: Readonly<Record<string, () => JsonObject[]>> = {
    Schemas: () => schemas(base),
    ResourceTypes: () => resourceTypes(base),
  }
  const list = Object.hasOwn(lists, name) ? lists[name] : undefined
  if (list === undefined && (name !== 'ServiceProviderConfig' || id !== undefined)) throw notThere()
  if (method !== 'GET') throw new ScimRefusal(405, 'This endpoint is only read.')
  if (list === undefined) return { status: 200, body: providerConfig(base) }
  const all = list()
  if (id === undefined) return { status: 200, body: listOf(all, { total: all.length, startIndex: 1 }) }
  const one = all.find((each) => each['id'] === id)
  if (one === undefined) throw notThere()
  return { status: 200, body: one }
}

async function read(
  resources: Resources,
  { query }: ScimRequest,
  id: string | undefined,
): Promise<ScimAnswer> {
  if (id !== undefined) return { status: 200, body: shaped(await resources.get(id), query) }
  const startIndex = Math.max(1, numberOf(query.get('startIndex'), 1))
  const limit = Math.min(mostPerPage, Math.max(0, numberOf(query.get('count'), mostPerPage)))
  const wanted = readFilter(query.get('filter') ?? undefined)
  const { total, resources: found } = await resources.list({ wanted, offset: startIndex - 1, limit })
  return {
    status: 200,
    body: listOf(
      found.map((one) => shaped(one, query)),
      { total, startIndex },
    ),
  }
}

function numberOf(text: string | null, otherwise: number): number {
  if (text === null) return otherwise
  const number = Number(text)
  if (!Number.isSafeInteger(number))
    throw new ScimRefusal(400, 'startIndex and count are numbers.', 'invalidValue')
  return Math.min(number, 1_000_000)
}

/** RFC 7644 §3.9, by whole attributes: `id`, `schemas` and `meta` are always there. */
function shaped(resource: JsonObject, query: URLSearchParams): JsonObject {
  const names = (parameter: string) =>
    (query.get(parameter) ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
  const [only, without] = [names('attributes'), names('excludedAttributes')]
  const isWanted = (name: string) => {
    const lower = name.toLowerCase()
    if (['id', 'schemas', 'meta'].includes(lower)) return true
    const fits = (one: string) => one === lower || one.startsWith(`${lower}.`) || one.startsWith(`${lower}:`)
    return only.length > 0 ? only.some(fits) : !without.includes(lower)
  }
  return Object.fromEntries(Object.entries(resource).filter(([name]) => isWanted(name)))
}

type Change = {
  request: ScimRequest
  token: ProvisioningToken
  id: string | undefined
  type: 'user' | 'group'
  resources: Resources
}

async function change(parts: Parts, { request, token, id, type, resources }: Change): Promise<ScimAnswer> {
  const { verb, run } = operationOf(resources, request, { id, token })
  const noted = (said: { change: string } | { error: string }) =>
    parts.rows.noteEnd(token.id, new Date(parts.now()), said)
  const entry = { action: `${type}_${verb}`, resourceType: type, resourceId: id, token, facts: request }
  let done: Changed
  try {
    done = await auditOperation(parts.journal, entry, run)
  } catch (thrown) {
    await noted({ error: asRefusal(thrown).message })
    throw thrown
  }
  await noted({ change: done.words })
  if (verb === 'deleted') return { status: 204, body: undefined }
  const location = String((done.resource['meta'] as JsonObject)['location'])
  return { status: verb === 'created' ? 201 : 200, body: shaped(done.resource, request.query), location }
}

function operationOf(
  resources: Resources,
  { method, body }: ScimRequest,
  { id, token }: Pick<Change, 'id' | 'token'>,
): { verb: 'created' | 'updated' | 'deleted'; run(): Promise<Changed> } {
  const whole = () => {
    if (!isObject(body)) throw new ScimRefusal(400, 'The body must be a JSON object.', 'invalidSyntax')
    return body
  }
  if (method === 'POST' && id === undefined)
    return { verb: 'created', run: async () => resources.create(whole(), token) }
  if (id !== undefined && method === 'PUT')
    return { verb: 'updated', run: async () => resources.replace(id, whole(), token) }
  if (id !== undefined && method === 'PATCH')
    return { verb: 'updated', run: async () => resources.patch(id, body, token) }
  if (id !== undefined && method === 'DELETE')
    return { verb: 'deleted', run: async () => resources.remove(id, token) }
  throw new ScimRefusal(405, 'This endpoint does not answer this method.')
}

function asRefusal(thrown: unknown): ScimRefusal {
  if (thrown instanceof ScimRefusal) return thrown
  if (!(thrown instanceof GatewayError)) {
    if (isDatabaseAway(thrown)) return new ScimRefusal(503, 'The database does not answer in time.')
    // What the web framework refuses itself: a media type, a body that is too large.
    const { statusCode = 500, message } = thrown as { statusCode?: number; message?: string }
    return statusCode >= 400 && statusCode < 500
      ? new ScimRefusal(statusCode, message ?? 'The request cannot be read.')
      : new ScimRefusal(500, 'The request failed in the server.')
  }
  if (thrown.reason === 'invalid-field') return new ScimRefusal(400, thrown.message, 'invalidValue')
  if (thrown.reason === 'conflict') return new ScimRefusal(409, thrown.message, 'uniqueness')
  return new ScimRefusal(thrown.status, thrown.message)
}
