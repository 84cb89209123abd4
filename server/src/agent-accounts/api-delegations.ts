import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import type { AgentAccounts } from './agent-accounts.ts'
import type { Delegation, SessionGrant } from './delegation-store.ts'

const DelegationDocument = z
  .object({
    id: z.string(),
    agent_account_id: z.string(),
    agent_name: z.string(),
    status: z.enum(['active', 'expired', 'revoked']),
    server_ids: z.array(z.string()).nullable().describe('null: every connector that both of you may use'),
    created_at: z.string(),
    expires_at: z.string(),
    revoked_at: z.string().nullable(),
    last_used_at: z.string().nullable().describe('Up to a minute late.'),
    last_used_ip: z.string().nullable(),
  })
  .meta({ id: 'Delegation' })

const SessionGrantDocument = z
  .object({
    id: z.string(),
    delegation_id: z.string(),
    agent_account_id: z.string(),
    agent_name: z.string(),
    server_id: z.string(),
    created_at: z.string(),
    expires_at: z.string(),
    last_used_at: z.string().nullable(),
  })
  .meta({ id: 'SessionGrant' })

const ServerIds = z.array(z.string().max(100)).min(1).max(200).nullable()
const NewDelegation = z
  .strictObject({
    agent_account_id: z.string().max(100).describe('Its id or its client id.'),
    server_ids: ServerIds.optional(),
  })
  .meta({ id: 'NewDelegation' })
const DelegationChange = z
  .strictObject({
    server_ids: ServerIds.optional(),
    renew: z.literal(true).optional().describe('Another 90 days from now.'),
  })
  .meta({ id: 'DelegationChange' })
const NewSessionGrant = z
  .strictObject({ delegation_id: z.string().max(100), server_id: z.string().max(100) })
  .meta({ id: 'NewSessionGrant' })
const Params = z.object({ id: z.string() })

export type DelegationParts = {
  agents: AgentAccounts
  /** A connector this person knows of; throws not-found for others. */
  visible(caller: Caller, id: string): { id: ServerId; name: string }
}

export function delegationRoutes(parts: DelegationParts): Route[] {
  return [...readRoutes(parts), ...changeRoutes(parts), ...lendRoutes(parts)]
}

const common = { tag: 'Delegations', needs: 'anyone' as const }
const path = '/api/v1/delegations'
const grantsPath = '/api/v1/session-grants'

/** Leave is a person's to give: an agent or a key of the workspace has none. */
function personOf(caller: Caller): Caller['id'] {
  if (caller.type === 'user') return caller.id
  throw new GatewayError('not-allowed', 'Only a person lets agents act for them.')
}

function show({ delegations }: AgentAccounts, delegation: Delegation) {
  const isRevoked = delegation.revokedAt !== undefined
  return {
    id: delegation.id,
    agent_account_id: delegation.agentId,
    agent_name: delegation.agentName,
    status: isRevoked
      ? ('revoked' as const)
      : delegations.isInForce(delegation)
        ? ('active' as const)
        : ('expired' as const),
    server_ids: delegation.servers === undefined ? null : [...delegation.servers],
    created_at: delegation.createdAt.toISOString(),
    expires_at: delegation.expiresAt.toISOString(),
    revoked_at: delegation.revokedAt?.toISOString() ?? null,
    last_used_at: delegation.lastUsedAt?.toISOString() ?? null,
    last_used_ip: delegation.lastUsedIp ?? null,
  }
}

function showGrant(grant: SessionGrant, delegation: Delegation) {
  return {
    id: grant.id,
    delegation_id: grant.delegationId,
    agent_account_id: delegation.agentId,
    agent_name: delegation.agentName,
    server_id: grant.serverId,
    created_at: grant.createdAt.toISOString(),
    expires_at: grant.expiresAt.toISOString(),
    last_used_at: grant.lastUsedAt?.toISOString() ?? null,
  }
}

function serversOf(parts: DelegationParts, caller: Caller, ids: readonly string[] | null | undefined) {
  return ids == null ? undefined : [...new Set(ids.map((id) => parts.visible(caller, id).id))]
}

function readRoutes({ agents }: DelegationParts): Route[] {
  const { delegations } = agents
  return [
    route({
      ...common,
      method: 'GET',
      path,
      operationId: 'listDelegations',
      summary: 'Agents you let act for you, newest first',
      output: z.object({ data: z.array(DelegationDocument), next_cursor: z.null() }),
      status: 200,
      run: async ({ caller }) => ({
        data: (await delegations.ofPerson(personOf(caller))).map((each) => show(agents, each)),
        next_cursor: null,
      }),
    }),
    route({
      ...common,
      method: 'GET',
      path: grantsPath,
      operationId: 'listSessionGrants',
      summary: 'Connectors whose sign-in you lend to agents that act for you',
      output: z.object({ data: z.array(SessionGrantDocument), next_cursor: z.null() }),
      status: 200,
      async run({ caller }) {
        const mine = new Map((await delegations.ofPerson(personOf(caller))).map((each) => [each.id, each]))
        const grants = await delegations.grantsOf([...mine.keys()])
        const data = grants.flatMap((grant) => {
          const delegation = mine.get(grant.delegationId)
          return delegation === undefined ? [] : [showGrant(grant, delegation)]
        })
        return { data, next_cursor: null }
      },
    }),
  ]
}

function makeRoute(parts: DelegationParts): Route {
  const { agents } = parts
  const { delegations } = agents
  return route({
    ...common,
    method: 'POST',
    path,
    operationId: 'createDelegation',
    summary: 'Lets an agent act for you for 90 days, within what both of you may use',
    audit: { action: 'delegation_created', resourceType: 'delegation' },
    body: NewDelegation,
    output: DelegationDocument,
    status: 201,
    async run(context, { body }) {
      const userId = personOf(context.caller)
      const named = body.agent_account_id
      const agent = (await agents.find(named)) ?? (await agents.findClient(named))?.account
      if (agent === undefined)
        throw new GatewayError('invalid-field', 'body.agent_account_id: There is no such agent account.', {
          errors: [{ loc: 'body.agent_account_id', rule: 'exists', msg: 'There is no such agent account.' }],
        })
      const servers = serversOf(parts, context.caller, body.server_ids)
      const made = await delegations.create({ userId, agentId: agent.id, servers })
      context.record({ resourceId: made.id, after: show(agents, made) })
      return show(agents, made)
    },
  })
}

function changeRoutes(parts: DelegationParts): Route[] {
  const { agents } = parts
  const { delegations } = agents
  return [
    makeRoute(parts),
    route({
      ...common,
      method: 'PATCH',
      path: `${path}/{id}`,
      operationId: 'updateDelegation',
      summary: 'Renews a delegation or changes its connectors',
      audit: { action: 'delegation_updated', resourceType: 'delegation' },
      params: Params,
      body: DelegationChange,
      output: DelegationDocument,
      status: 200,
      async run(context, { params, body }) {
        const before = await delegations.own(params.id, personOf(context.caller))
        const renewed = body.renew === true ? await delegations.renew(before) : before
        const after =
          body.server_ids === undefined
            ? renewed
            : await delegations.setServers(renewed, serversOf(parts, context.caller, body.server_ids))
        context.record({ resourceId: after.id, before: show(agents, before), after: show(agents, after) })
        return show(agents, after)
      },
    }),
    route({
      ...common,
      method: 'DELETE',
      path: `${path}/{id}`,
      operationId: 'revokeDelegation',
      summary: 'Ends a delegation and what it lends; the agent is refused from its next request on',
      audit: { action: 'delegation_revoked', resourceType: 'delegation' },
      params: Params,
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        const before = await delegations.own(params.id, personOf(context.caller))
        await delegations.revoke(before)
        context.record({ resourceId: before.id, before: show(agents, before) })
        return undefined
      },
    }),
  ]
}

function lendRoutes(parts: DelegationParts): Route[] {
  const { delegations } = parts.agents
  return [
    route({
      ...common,
      method: 'POST',
      path: grantsPath,
      operationId: 'createSessionGrant',
      summary: 'Lends your own sign-in at a connector to an agent while it acts for you, for 90 days',
      audit: { action: 'session_grant_created', resourceType: 'session_grant' },
      body: NewSessionGrant,
      output: SessionGrantDocument,
      status: 201,
      async run(context, { body }) {
        const delegation = await delegations.own(body.delegation_id, personOf(context.caller))
        const server = parts.visible(context.caller, body.server_id)
        const shown = showGrant(await delegations.lend(delegation, server.id), delegation)
        context.record({ resourceId: shown.id, after: shown })
        return shown
      },
    }),
    route({
      ...common,
      method: 'DELETE',
      path: `${grantsPath}/{id}`,
      operationId: 'revokeSessionGrant',
      summary: 'Takes a lent sign-in back at once',
      audit: { action: 'session_grant_revoked', resourceType: 'session_grant' },
      params: Params,
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        const { grant, delegation } = await delegations.ownGrant(params.id, personOf(context.caller))
        await delegations.takeBack(grant)
        context.record({ resourceId: grant.id, before: showGrant(grant, delegation) })
        return undefined
      },
    }),
  ]
}
