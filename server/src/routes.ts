import { principalOfAgent } from './agent-accounts/agent-accounts.ts'
import { agentAccountRoutes } from './agent-accounts/api.ts'
import { auditRoutes } from './audit/api.ts'
import { codeModeRoutes } from './code-mode/api.ts'
import { connectorRoutes } from './connectors/api.ts'
import { buildConnectorChanges, type ConnectorChanges } from './connectors/change-connector.ts'
import { credentialRoutes, keyRotationRoutes } from './credentials/api.ts'
import { directoryRoutes } from './directory/api.ts'
import { gatewayRoutes } from './gateway/api.ts'
import type { Gateway } from './gateway/gateway.ts'
import { checkMayConnect, grantRoutes } from './grants/api.ts'
import { guardRoutes } from './guards/api.ts'
import { packageRoutes } from './hosting/api.ts'
import { identityRoutes } from './identity/api.ts'
import { administers, type Caller } from './kernel/caller.ts'
import type { Connector, Health } from './kernel/connector.ts'
import { GatewayError } from './kernel/errors.ts'
import { isUuid, type ServerId } from './kernel/ids.ts'
import { can, type Route } from './kernel/route.ts'
import type { PinnedTool } from './kernel/tool.ts'
import { oauthRoutes } from './oauth/api.ts'
import type { Parts } from './parts.ts'
import { policyRoutes } from './policy/api.ts'
import { requestRoutes } from './requests/api.ts'
import { searchRoutes } from './search/api.ts'
import { type SearchReports, searchReports } from './search/search.ts'
import { signInRoutes } from './sign-in/api.ts'
import { ssoRoutes } from './sso/api.ts'
import { storageRoutes } from './storage/api.ts'
import { type SystemRoutesParts, systemRoutes } from './system/api.ts'
import { toolRoutes } from './tools/api.ts'

/** What REST asks of policy: the same decision as list, search and call, with no more known than who asks. */
export function viewers(parts: Pick<Parts, 'policy' | 'connectors' | 'now'>) {
  const decide = (caller: Caller, connector: Connector, ask: { kind: 'tool' | 'server'; name: string }) =>
    parts.policy.decide(caller, {
      connector,
      ...ask,
      phase: 'list',
      args: undefined,
      facts: { ip: '', userAgent: '', clientName: undefined, timeMs: parts.now() },
    }).effect === 'allow'
  return {
    mayUse: (caller: Caller, connector: Connector) => decide(caller, connector, { kind: 'server', name: '' }),
    sees(caller: Caller, tool: PinnedTool) {
      const connector = parts.connectors.find(tool.serverId)
      return connector !== undefined && decide(caller, connector, { kind: 'tool', name: tool.name })
    },
  }
}

/** Changes of connectors, with everything that follows from them. */
export function connectorChanges(parts: Parts): ConnectorChanges {
  return buildConnectorChanges({
    db: parts.storage.db,
    bus: parts.storage.bus,
    connectors: parts.connectors,
    secrets: {
      read: (id) => parts.credentials.read(id),
      write: (tx, id, secrets) => parts.credentials.write(tx, id, secrets),
    },
    host: { ...parts.hosting, checkReference: parts.credentials.checkReference },
    activate: (connector, caller) => activate(parts, connector, caller),
    async onDeleted(id) {
      parts.upstreams.forget(id)
      await parts.hosting.stopAll(id)
      parts.hosting.forgetLog(id)
      await parts.policy.serverDeleted(id)
      await parts.identity.serverAdmins.replace(id, [])
    },
    now: parts.now,
    log: parts.log,
  })
}

/** Learns the tools now, so that a connector is usable as soon as its creation was answered (contract.md §4). */
export async function activate(
  parts: Pick<Parts, 'tools' | 'now'>,
  connector: Connector,
  caller: Caller | undefined,
): Promise<Health> {
  const report = await parts.tools.learn(connector, caller?.id)
  const checkedAt = new Date(parts.now()).toISOString()
  return {
    state: report.health,
    checkedAt,
    ...(report.message === undefined ? {} : { message: report.message }),
  }
}

export type RouteParts = Parts & { gateway: Gateway; changes: ConnectorChanges; system: SystemRoutesParts }

function searchReportsOf({ audit, connectors, tools, now }: Parts): SearchReports {
  return searchReports({
    searchTrail: audit.searchTrail,
    catalogue: () =>
      connectors
        .list()
        .filter(({ status }) => status === 'active')
        .map(({ id, name }) => ({ id, name, tools: tools.of(id) })),
    findTool: tools.find,
    sharedWords: tools.sharedWords,
    now,
  })
}

/** Every REST operation of the product, each declared by its noun. */
export function buildRoutes(parts: RouteParts): Route[] {
  const { mayUse, sees } = viewers(parts)
  const knows = (caller: Caller, connector: Connector) => {
    if (administers(caller, connector.id)) return true
    if (connector.status === 'draft' && connector.createdBy !== caller.id) return can(caller, 'drafts.read')
    return can(caller, 'connectors.read') || mayUse(caller, connector)
  }
  const visible = (caller: Caller, id: string): Connector => {
    const connector = isUuid(id) ? parts.connectors.find(id as ServerId) : undefined
    if (connector === undefined || !knows(caller, connector))
      throw new GatewayError('not-found', 'There is no connector with this id.')
    return connector
  }
  const { connectors } = parts
  const onConnected = async (connector: Connector, caller: Caller) => {
    await parts.tools.relearn(connector, caller.id)
  }
  return [
    ...identityRoutes({ ...parts, serverExists: (id) => connectors.find(id) !== undefined }),
    ...directoryRoutes(parts),
    ...signInRoutes({ signIn: parts.signIn }),
    ...ssoRoutes({ sso: parts.sso }),
    ...agentRoutes(parts, visible),
    ...clientRoutes(parts, knows),
    ...connectorRoutes({
      connectors,
      changes: parts.changes,
      mayUse,
      processLog: (id) => parts.hosting.log(id),
      publicUrl: parts.config.publicUrl,
    }),
    ...credentialRoutes({
      credentials: parts.credentials,
      visible,
      onConnected,
      checkMayForget: (caller, connector) => checkMayConnect(parts.grants, caller, connector),
    }),
    ...grantRoutes({ grants: parts.grants, visible, onConnected }),
    ...packageRoutes({
      hosting: parts.hosting,
      visible,
      approvedDefinitions: (id) => parts.tools.of(id).map(({ definition }) => definition),
      listDefinitions: async (trial, connector, caller) =>
        parts.tools.listDefinitions(trial, await parts.credentials.attach(connector, caller.id)),
      forget: async (id) => parts.upstreams.forget(id),
      repin: parts.changes.repin,
    }),
    ...toolRoutes({ tools: parts.tools, connectors, knows, visible: sees }),
    ...ruleRoutes(parts),
    ...auditRoutes({ audit: parts.audit }),
    ...guardRoutes({ guards: parts.guards, visible, callGuards: parts.config.callGuards }),
    ...codeModeRoutes(parts.codeMode),
    ...searchRoutes(searchReportsOf(parts)),
    ...keepingRoutes(parts),
    ...gatewayRoutes({ run: parts.gateway.run, now: parts.now }),
    ...systemRoutes(parts.system),
  ]
}

/** What keeps the installation's data safe. */
function keepingRoutes({ storage, keyRotation: rotation }: RouteParts): Route[] {
  return [...storageRoutes({ backups: storage.backups }), ...keyRotationRoutes(rotation)]
}

function agentRoutes(
  { agents, identity }: Parts,
  visible: (caller: Caller, id: string) => Connector,
): Route[] {
  return agentAccountRoutes({
    agents,
    visible,
    person: (id) => identity.find(id),
    notify: identity.notices.add,
  })
}

/** Rules, and what they may refer to. */
function ruleRoutes(parts: Parts): Route[] {
  const { identity, connectors } = parts
  return policyRoutes({
    policy: parts.policy,
    connector: (id) => connectors.find(id),
    connectorExists: (id) => isUuid(id) && connectors.find(id as ServerId) !== undefined,
    personExists: identity.personExists,
    personByEmail: identity.personByEmail,
    groupExists: identity.groupExists,
    agentExists: async (id) => (await parts.agents.find(id)) !== undefined,
    principal: (id) => identity.find(id),
    agent: async (id) => {
      const account = await parts.agents.find(id)
      return account && principalOfAgent(account)
    },
    now: parts.now,
  })
}

/** AI clients and what they may be sent to; an address nobody has judged yet becomes a request to an administrator. */
function clientRoutes(parts: RouteParts, knows: (caller: Caller, connector: Connector) => boolean): Route[] {
  const { oauth, requests, identity, connectors } = parts
  const kind = 'redirect_uri'
  return [
    ...oauthRoutes({
      oauth,
      requested: (uri) => requests.newest(kind, uri),
      request: ({ client, redirect, resources }, { id: requestedBy }, reason) =>
        requests.ask({
          kind,
          subject: redirect.uri,
          requestedBy,
          reason,
          detail: { client_id: client.id, client_name: client.name, host: redirect.host, resources },
        }),
      resourceName(resource, caller) {
        const id = /\/proxy\/([0-9a-f-]{36})\/mcp$/.exec(resource)?.[1]
        if (resource.endsWith('/api/v1')) return 'REST, with all your role may do'
        if (id === undefined) return 'Runlayer Plugin'
        const connector = connectors.find(id as ServerId)
        return connector !== undefined && knows(caller, connector) ? connector.name : 'A connector'
      },
    }),
    ...requestRoutes({
      requests,
      effects: {
        [kind]: {
          async approve({ subject }, by) {
            if (oauth.redirects.judge(subject) === 'allowed') return
            await oauth.redirects.add(
              { effect: 'allow', pattern: subject, note: 'Approved on request' },
              by.id,
            )
          },
        },
      },
      emailOf: async (id) => (await identity.find(id))?.email,
    }),
  ]
}
