import scimmy from 'scimmy'
import type { Json, JsonObject } from '../kernel/json.ts'
import { ScimRefusal } from './scim-error.ts'
import { enterpriseUrn, userSchema } from './scim-schemas.ts'

const patchUrn = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const mostOperations = 100

type Operation = { op: string; path?: string; value?: Json }

/** What is held here; everything else a directory sends (phones, addresses, roles, passwords) is let go by. */
const held = [
  'active',
  'username',
  'externalid',
  'displayname',
  'name',
  'emails',
  'title',
  'usertype',
  'members',
]

/** The resource after the operations of a PATCH (RFC 7644 §3.5.2), in the dialects of Entra ID and Okta too. */
export async function patchResource(
  kind: 'User' | 'Group',
  resource: JsonObject,
  body: Json | undefined,
): Promise<JsonObject> {
  const operations = operationsOf(body).flatMap(plain)
  if (operations.length === 0) return resource
  const Schema = kind === 'User' ? userSchema() : scimmy.Schemas.Group
  try {
    const patch = new scimmy.Messages.PatchOp({ schemas: [patchUrn], Operations: operations } as never)
    const before = new Schema(structuredClone(resource) as never, 'both')
    // Nothing comes back when nothing changed.
    const after = await patch.apply(before as never, async (patched: unknown) => patched as never)
    return JSON.parse(JSON.stringify(after ?? resource)) as JsonObject
  } catch (thrown) {
    if (thrown instanceof scimmy.Types.Error)
      throw new ScimRefusal(thrown.status, thrown.message, thrown.scimType)
    if (thrown instanceof TypeError) throw new ScimRefusal(400, thrown.message, 'invalidSyntax')
    throw thrown
  }
}

function operationsOf(body: Json | undefined): Operation[] {
  const list = isObject(body) ? body['Operations'] : undefined
  if (!Array.isArray(list) || list.length === 0 || list.length > mostOperations)
    throw new ScimRefusal(400, `Operations must be a list of 1 to ${mostOperations}.`, 'invalidSyntax')
  return list.map((one) => {
    const op = isObject(one) && typeof one['op'] === 'string' ? one['op'].toLowerCase() : ''
    if (!isObject(one) || !['add', 'replace', 'remove'].includes(op))
      throw new ScimRefusal(400, 'Each operation needs an op of add, replace or remove.', 'invalidSyntax')
    const path = one['path']
    if (path != null && typeof path !== 'string')
      throw new ScimRefusal(400, 'A path is a text.', 'invalidPath')
    const value = one['value']
    return { op, ...(path == null ? {} : { path }), ...(value === undefined ? {} : { value }) }
  })
}

/** One operation in the words of the RFC: Entra ID writes booleans as texts, and a manager without its `value`. */
function plain(operation: Operation): Operation[] {
  const { op, path, value } = operation
  if (path !== undefined) return plainAt(operation, path)
  if (!isObject(value)) return [operation]
  // Without a path each member is an operation of its own; Entra ID writes whole paths as names.
  return Object.entries(value).flatMap(([name, inner]) => plainAt({ op, path: name, value: inner }, name))
}

function plainAt(operation: Operation, path: string): Operation[] {
  const lower = path.toLowerCase()
  const urn = enterpriseUrn.toLowerCase()
  if (lower === urn && isObject(operation.value))
    return Object.entries(operation.value).flatMap(([name, inner]) =>
      plainAt(
        { op: operation.op, path: `${enterpriseUrn}:${name}`, value: inner },
        `${enterpriseUrn}:${name}`,
      ),
    )
  if (lower === `${urn}:manager` && typeof operation.value === 'string')
    return [{ ...operation, path: `${path}.value` }]
  if (lower.startsWith(`${urn}:`)) return [operation]
  const [first = ''] = lower.split(/[.[]/)
  if (!held.includes(first)) return []
  if (lower === 'active') return [{ ...operation, path, ...withBoolean(operation.value) }]
  return [operation]
}

function withBoolean(value: Json | undefined): { value?: Json } {
  if (typeof value !== 'string') return value === undefined ? {} : { value }
  const word = value.toLowerCase()
  return { value: word === 'true' ? true : word === 'false' ? false : value }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
