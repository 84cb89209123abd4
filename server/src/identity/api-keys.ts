import { z } from 'zod'
import { type Caller, roles } from '../kernel/caller.ts'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import { isUuid, type KeyId, type UserId } from '../kernel/ids.ts'
import { organizationRoles } from '../kernel/key-roles.ts'
import { can, type Route, route } from '../kernel/route.ts'
import { personalPower } from './change-keys.ts'
import type { Identity } from './identity.ts'
import { afterOf, fullPage } from './page-list.ts'
import type { ApiKey, KeyPower } from './person.ts'
import type { KeyFilter } from './proof-store.ts'

const NewApiKey = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .regex(/^\P{Cc}*$/u, 'must have no control characters'),
    kind: z.enum(['personal', 'organization', 'enrollment']).optional(),
    role: z.enum(organizationRoles).optional().describe('What an organization key is for.'),
    platform_role: z
      .enum(roles)
      .optional()
      .describe('What a management key may do on REST. It opens no MCP endpoint and no person’s own things.'),
    user_id: z.string().max(100).optional(),
    expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
  })
  .meta({ id: 'NewApiKey' })

const keyFields = {
  id: z.string(),
  name: z.string(),
  kind: z.enum(['personal', 'organization', 'enrollment']),
  role: z.enum(organizationRoles).nullable(),
  platform_role: z.enum(roles).nullable(),
  prefix: z.string().describe('How the secret begins.'),
  user_id: z.string().nullable().describe('Whom a personal key acts as.'),
  user_email: z.string().nullable(),
  created_by: z.string().nullable(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable().describe('Up to a minute late.'),
  last_used_ip: z.string().nullable(),
}
const ApiKeyDocument = z.object(keyFields).meta({ id: 'ApiKey' })
const ApiKeyWithSecret = z
  .object({ ...keyFields, secret: z.string().describe('Shown this once.') })
  .meta({ id: 'ApiKeyWithSecret' })

const Params = z.object({ id: z.string() })
const ListQuery = z.strictObject({
  query: z.string().max(200).optional(),
  user_id: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
})
type Draft = z.output<typeof NewApiKey>
type Parts = { identity: Pick<Identity, 'keys' | 'people' | 'notices'>; now: () => number }

export function keyRoutes(parts: Parts): Route[] {
  return [...readRoutes(parts), createRoute(parts), deleteRoute(parts)]
}

function show(key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    kind: key.kind,
    role: key.role ?? null,
    platform_role: key.platformRole ?? null,
    prefix: key.prefix,
    user_id: key.userId ?? null,
    user_email: key.userEmail ?? null,
    created_by: key.createdBy ?? null,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    last_used_ip: key.lastUsedIp ?? null,
  }
}

const noSuchKey = () => new GatewayError('not-found', 'There is no key with this id.')

/** Which keys of others a reader sees. */
function scopeOf(caller: Caller): KeyFilter {
  return {
    mine: caller.id,
    people: can(caller, 'keys.manage'),
    organization: can(caller, 'organization_keys.read'),
    deploy: can(caller, 'deploy_keys.write'),
  }
}

/** Somebody else's key is unknown to whoever may not see it. */
async function visibleKey({ identity }: Parts, id: string, caller: Caller): Promise<ApiKey> {
  const key = isUuid(id) ? await identity.keys.find(id as KeyId) : undefined
  if (key === undefined) throw noSuchKey()
  const { people, organization, deploy } = scopeOf(caller)
  const isSeen =
    key.kind === 'personal'
      ? key.userId === caller.id || people
      : organization || (deploy && key.role === 'deploy')
  if (!isSeen) throw noSuchKey()
  return key
}

function readRoutes(parts: Parts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/api-keys',
      operationId: 'listApiKeys',
      summary: 'Your own keys, newest first, and those of others that your role shows',
      tag: 'API keys',
      needs: 'anyone',
      query: ListQuery,
      output: z.object({ data: z.array(ApiKeyDocument), next_cursor: z.string().nullable() }),
      status: 200,
      async run({ caller }, { query }) {
        const { user_id: asked, limit } = query
        if (asked !== undefined && !isUuid(asked)) return { data: [], next_cursor: null }
        const after = afterOf(query.cursor)
        if (after !== undefined && !isUuid(after))
          throw wrong('query.cursor', 'cursor', 'Take next_cursor of a list.')
        const filter = { ...scopeOf(caller), userId: asked as UserId | undefined, query: query.query }
        const found = await parts.identity.keys.page(filter, after as KeyId | undefined, limit + 1)
        return fullPage(found, limit, { show, keyOf: (key) => key.id })
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/api-keys/{id}',
      operationId: 'getApiKey',
      summary: 'One key, without its secret',
      tag: 'API keys',
      needs: 'anyone',
      params: Params,
      output: ApiKeyDocument,
      status: 200,
      run: async ({ caller }, { params }) => show(await visibleKey(parts, params.id, caller)),
    }),
  ]
}

function wrong(loc: string, rule: string, msg: string): GatewayError {
  const errors: FieldError[] = [{ loc, rule, msg }]
  return new GatewayError('invalid-field', `${loc}: ${msg}`, { errors })
}

/** Throws invalid-field naming everything that does not go together. */
function checkDraft(body: Draft, now: number): void {
  const { kind = 'personal', role, platform_role: platform } = body
  const errors: FieldError[] = []
  const say = (field: string, rule: string, msg: string) => errors.push({ loc: `body.${field}`, rule, msg })
  if (kind === 'organization' && role === undefined)
    say(
      'role',
      'required',
      'Say what this organization key is for: deploy, detect_scan, security_scan or management.',
    )
  if (kind !== 'organization' && role !== undefined)
    say('role', 'not-with-kind', `A key of the kind ${kind} has no role.`)
  if (role === 'management' && platform === undefined)
    say('platform_role', 'required', 'Say which platform role this management key has on REST.')
  if (role !== 'management' && platform !== undefined)
    say('platform_role', 'not-with-role', 'Only a management key has a platform role.')
  if (kind !== 'personal' && body.user_id !== undefined)
    say('user_id', 'not-with-kind', `A key of the kind ${kind} belongs to nobody.`)
  if (body.expires_at != null && Date.parse(body.expires_at) <= now)
    say('expires_at', 'future', 'The end must be in the future.')
  const [first] = errors
  if (first !== undefined) throw new GatewayError('invalid-field', `${first.loc}: ${first.msg}`, { errors })
}

/** What the key is to act as. Throws not-allowed for a power the caller may not give. */
async function powerOf(parts: Parts, body: Draft, caller: Caller): Promise<KeyPower> {
  const { kind = 'personal', role, platform_role: platformRole } = body
  if (kind === 'personal') return personalPower(await ownerOf(parts, body.user_id, caller))
  const needed =
    role === 'management'
      ? 'roles.write'
      : role === 'deploy'
        ? 'deploy_keys.write'
        : 'organization_keys.write'
  if (!can(caller, needed))
    throw new GatewayError(
      'not-allowed',
      `Making a key of the role ${role ?? kind} needs the capability ${needed}.`,
    )
  return kind === 'enrollment' || role === undefined
    ? { kind: 'enrollment', userId: undefined, role: undefined, platformRole: undefined }
    : { kind: 'organization', userId: undefined, role, platformRole }
}

/** A key acts as its owner, so making one for somebody else is making oneself them. */
async function ownerOf(parts: Parts, asked: string | undefined, caller: Caller): Promise<UserId> {
  if (asked === undefined || asked === caller.id) return caller.id
  if (!caller.roles.includes('super_admin')) {
    throw new GatewayError('not-allowed', 'Only a Super Admin makes keys for somebody else.')
  }
  const owner = isUuid(asked) ? await parts.identity.people.find(asked as UserId) : undefined
  if (owner === undefined) throw wrong('body.user_id', 'exists', 'There is no such person.')
  return owner.id
}

function createRoute(parts: Parts): Route {
  return route({
    method: 'POST',
    path: '/api/v1/api-keys',
    operationId: 'createApiKey',
    summary: 'Makes a key and shows its secret this once',
    tag: 'API keys',
    needs: 'anyone',
    audit: { action: 'api_key_created', resourceType: 'api_key' },
    body: NewApiKey,
    output: ApiKeyWithSecret,
    status: 201,
    async run(context, { body }) {
      const { caller } = context
      checkDraft(body, parts.now())
      const power = await powerOf(parts, body, caller)
      const expiresAt = body.expires_at == null ? undefined : new Date(body.expires_at)
      const { key, secret } = await parts.identity.keys.create({
        ...power,
        name: body.name,
        expiresAt,
        createdBy: caller.id,
      })
      context.record({ resourceId: key.id, after: show(key) })
      if (key.userId !== undefined && key.userId !== caller.id)
        await parts.identity.notices.add(
          key.userId,
          `${caller.email} made an API key named “${key.name}” that acts as you. Revoke it if you do not know why.`,
        )
      return { ...show(key), secret }
    },
  })
}

function deleteRoute(parts: Parts): Route {
  return route({
    method: 'DELETE',
    path: '/api/v1/api-keys/{id}',
    operationId: 'deleteApiKey',
    summary: 'Revokes a key at once; it cannot be brought back',
    tag: 'API keys',
    needs: 'anyone',
    audit: { action: 'api_key_revoked', resourceType: 'api_key' },
    params: Params,
    output: z.undefined(),
    status: 204,
    async run(context, { params }) {
      const key = await visibleKey(parts, params.id, context.caller)
      checkMayRevoke(key, context.caller)
      await parts.identity.keys.revoke(key.id)
      context.record({ resourceId: key.id, before: show(key) })
      return undefined
    },
  })
}

/** Who sees a key of the workspace need not be who may end it. */
function checkMayRevoke(key: ApiKey, caller: Caller): void {
  if (key.kind === 'personal') return
  const needed = key.role === 'deploy' ? 'deploy_keys.write' : 'organization_keys.write'
  if (!can(caller, needed))
    throw new GatewayError('not-allowed', `Revoking this key needs the capability ${needed}.`)
}
