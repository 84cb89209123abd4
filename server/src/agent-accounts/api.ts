import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import { type AgentId, isUuid, type UserId } from '../kernel/ids.ts'
import { type RequestContext, type Route, route } from '../kernel/route.ts'
import type { AccountChange } from './agent-accounts.ts'
import { type DelegationParts, delegationRoutes } from './api-delegations.ts'
import { maxKeys, type PublicKey, readPublicKey } from './check-keys.ts'
import type { AgentAccount } from './store.ts'

const plainText = /^\P{Cc}*$/u
const name = z.string().trim().min(1).max(200).regex(plainText, 'must have no control characters')
const description = z.string().trim().max(1000).regex(plainText, 'must have no control characters')
const PublicKeys = z
  .strictObject({ keys: z.array(z.record(z.string(), z.json())).min(1).max(maxKeys) })
  .describe('A JWK set. The agent then proves itself by private_key_jwt and has no secret.')
  .meta({ id: 'AgentPublicKeys' })

const NewAccount = z
  .strictObject({
    name,
    description: description.optional(),
    owner_id: z.string().max(100).optional().describe('Who answers for it; you, unless you name somebody.'),
    public_keys: PublicKeys.optional(),
  })
  .meta({ id: 'NewAgentAccount' })

const AccountPatch = z
  .strictObject({
    name: name.optional(),
    description: description.optional(),
    status: z.enum(['active', 'disabled']).optional(),
    owner_id: z.string().max(100).optional(),
    public_keys: PublicKeys.optional().describe('Takes the place of the secret or keys there were.'),
  })
  .meta({ id: 'AgentAccountChange' })

const fields = {
  id: z.string(),
  client_id: z.string(),
  name: z.string(),
  description: z.string(),
  status: z.enum(['active', 'disabled']),
  owner_id: z.string().nullable(),
  owner_email: z.string().nullable(),
  is_working: z.boolean().describe('Active, and its owner works here.'),
  auth_method: z.enum(['client_secret', 'private_key_jwt']),
  public_keys: z.array(z.record(z.string(), z.json())),
  created_by: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  rotated_at: z.string(),
  last_used_at: z.string().nullable().describe('Up to a minute late.'),
  last_used_ip: z.string().nullable(),
}
const Account = z.object(fields).meta({ id: 'AgentAccount' })
const AccountWithSecret = z
  .object({ ...fields, secret: z.string().nullable().describe('The client secret, shown this once.') })
  .meta({ id: 'AgentAccountWithSecret' })

const Params = z.object({ id: z.string() })
const ListQuery = z.strictObject({
  query: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
})

export type AgentAccountRoutesParts = DelegationParts & {
  /** An active person with this id. */
  person(id: UserId): Promise<{ email: string } | undefined>
  /** Tells a person what somebody else did to what is theirs. */
  notify(id: UserId, text: string): Promise<void>
}

export function agentAccountRoutes(parts: AgentAccountRoutesParts): Route[] {
  return [
    ...readRoutes(parts),
    createRoute(parts),
    updateRoute(parts),
    rotateRoute(parts),
    deleteRoute(parts),
    ...delegationRoutes(parts),
  ]
}

function show(account: AgentAccount) {
  const { publicKeys } = account
  return {
    id: account.id,
    client_id: account.clientId,
    name: account.name,
    description: account.description,
    status: account.status,
    owner_id: account.ownerId ?? null,
    owner_email: account.ownerEmail ?? null,
    is_working: account.status === 'active' && account.isOwned,
    auth_method: publicKeys === undefined ? ('client_secret' as const) : ('private_key_jwt' as const),
    public_keys: (publicKeys ?? []).map((key) => ({ ...key }) as Record<string, z.core.util.JSONType>),
    created_by: account.createdBy ?? null,
    created_at: account.createdAt.toISOString(),
    updated_at: account.updatedAt.toISOString(),
    rotated_at: account.rotatedAt.toISOString(),
    last_used_at: account.lastUsedAt?.toISOString() ?? null,
    last_used_ip: account.lastUsedIp ?? null,
  }
}

const common = { tag: 'Agent accounts' }
const path = '/api/v1/agent-accounts'

function wrong(loc: string, rule: string, msg: string): GatewayError {
  const errors: FieldError[] = [{ loc, rule, msg }]
  return new GatewayError('invalid-field', `${loc}: ${msg}`, { errors })
}

async function accountOf({ agents }: AgentAccountRoutesParts, id: string): Promise<AgentAccount> {
  const account = await agents.find(id)
  if (account === undefined) throw new GatewayError('not-found', 'There is no agent account with this id.')
  return account
}

function readRoutes(parts: AgentAccountRoutesParts): Route[] {
  return [
    route({
      ...common,
      method: 'GET',
      path,
      operationId: 'listAgentAccounts',
      summary: 'Agent accounts, newest first',
      needs: 'agent_accounts.read',
      query: ListQuery,
      output: z.object({ data: z.array(Account), next_cursor: z.string().nullable() }),
      status: 200,
      async run(_context, { query: { cursor, limit, query } }) {
        if (cursor !== undefined && !isUuid(cursor))
          throw wrong('query.cursor', 'cursor', 'Take next_cursor of a list.')
        const found = await parts.agents.page({ query }, cursor as AgentId | undefined, limit + 1)
        const data = found.slice(0, limit)
        return {
          data: data.map(show),
          next_cursor: found.length > limit ? (data.at(-1)?.id ?? null) : null,
        }
      },
    }),
    route({
      ...common,
      method: 'GET',
      path: `${path}/{id}`,
      operationId: 'getAgentAccount',
      summary: 'One agent account, without its secret',
      needs: 'agent_accounts.read',
      params: Params,
      output: Account,
      status: 200,
      run: async (_context, { params }) => show(await accountOf(parts, params.id)),
    }),
  ]
}

/** The person named as owner; whoever asks, unless somebody is named. */
async function ownerOf(
  parts: AgentAccountRoutesParts,
  asked: string | undefined,
  caller: Caller,
): Promise<UserId> {
  if (asked === undefined && caller.type === 'user') return caller.id
  const id = asked ?? ''
  if (isUuid(id) && (await parts.person(id as UserId)) !== undefined) return id as UserId
  throw wrong(
    'body.owner_id',
    'exists',
    'Name an active person by their id: somebody must answer for an agent.',
  )
}

function keysOf(given: z.output<typeof PublicKeys> | undefined): PublicKey[] | undefined {
  if (given === undefined) return undefined
  return given.keys.map((each, index) => {
    const key = readPublicKey(each)
    if (typeof key === 'string') throw wrong(`body.public_keys.keys.${index}`, 'public-key', key)
    return key
  })
}

/** Whoever answers for an agent hears what others do to it. */
async function tellOwner(
  { notify }: AgentAccountRoutesParts,
  { account, what }: { account: AgentAccount; what: string },
  { caller }: RequestContext,
): Promise<void> {
  if (account.ownerId === undefined || account.ownerId === caller.id) return
  const who = caller.email === '' ? `The key “${caller.name}”` : caller.email
  await notify(account.ownerId, `${who} ${what} the agent account “${account.name}”, which you answer for.`)
}

function createRoute(parts: AgentAccountRoutesParts): Route {
  return route({
    ...common,
    method: 'POST',
    path,
    operationId: 'createAgentAccount',
    summary: 'Makes an agent account and shows its secret this once',
    needs: 'agent_accounts.write',
    audit: { action: 'agent_account_created', resourceType: 'agent_account' },
    body: NewAccount,
    output: AccountWithSecret,
    status: 201,
    async run(context, { body }) {
      const { account, secret } = await parts.agents.create({
        name: body.name,
        description: body.description ?? '',
        ownerId: await ownerOf(parts, body.owner_id, context.caller),
        createdBy: context.caller.id,
        publicKeys: keysOf(body.public_keys),
      })
      context.record({ resourceId: account.id, after: show(account) })
      await tellOwner(parts, { account, what: 'made' }, context)
      return { ...show(account), secret: secret ?? null }
    },
  })
}

function updateRoute(parts: AgentAccountRoutesParts): Route {
  return route({
    ...common,
    method: 'PATCH',
    path: `${path}/{id}`,
    operationId: 'updateAgentAccount',
    summary: 'Changes the given fields; a disabled account is refused from the next request on',
    needs: 'agent_accounts.write',
    audit: { action: 'agent_account_updated', resourceType: 'agent_account' },
    params: Params,
    body: AccountPatch,
    output: Account,
    status: 200,
    async run(context, { params, body }) {
      const before = await accountOf(parts, params.id)
      const { owner_id: owner, public_keys: keys, ...plain } = body
      const change: AccountChange = {
        ...(plain.name === undefined ? {} : { name: plain.name }),
        ...(plain.description === undefined ? {} : { description: plain.description }),
        ...(plain.status === undefined ? {} : { status: plain.status }),
      }
      if (owner !== undefined) change.ownerId = await ownerOf(parts, owner, context.caller)
      const publicKeys = keysOf(keys)
      if (publicKeys !== undefined) change.publicKeys = publicKeys
      const after = await parts.agents.update(before.id, change)
      context.record({ resourceId: after.id, before: show(before), after: show(after) })
      await tellOwner(parts, { account: after, what: 'changed' }, context)
      return show(after)
    },
  })
}

function rotateRoute(parts: AgentAccountRoutesParts): Route {
  return route({
    ...common,
    method: 'POST',
    path: `${path}/{id}/rotate`,
    operationId: 'rotateAgentAccount',
    summary: 'Makes a new secret, shown this once; the old one and its tokens end at once',
    needs: 'agent_accounts.write',
    audit: { action: 'agent_account_rotated', resourceType: 'agent_account' },
    params: Params,
    output: AccountWithSecret,
    status: 200,
    async run(context, { params }) {
      const before = await accountOf(parts, params.id)
      const { account, secret } = await parts.agents.rotate(before.id)
      context.record({ resourceId: account.id, before: show(before), after: show(account) })
      await tellOwner(parts, { account, what: 'rotated the secret of' }, context)
      return { ...show(account), secret }
    },
  })
}

function deleteRoute(parts: AgentAccountRoutesParts): Route {
  return route({
    ...common,
    method: 'DELETE',
    path: `${path}/{id}`,
    operationId: 'deleteAgentAccount',
    summary: 'Deletes an agent account; its tokens end at once',
    needs: 'agent_accounts.write',
    audit: { action: 'agent_account_deleted', resourceType: 'agent_account' },
    params: Params,
    output: z.undefined(),
    status: 204,
    async run(context, { params }) {
      const account = await accountOf(parts, params.id)
      await parts.agents.remove(account.id)
      context.record({ resourceId: account.id, before: show(account) })
      await tellOwner(parts, { account, what: 'deleted' }, context)
      return undefined
    },
  })
}
