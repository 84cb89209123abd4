import { queryOptions } from '@tanstack/react-query'
import type { Operations } from '../../../contract/client.ts'
import type { AuditSearch } from '../paths.ts'
import { api, meKey } from './client.ts'
import { isStatus } from './errors.ts'

/** The most rows one list asks for; longer lists are searched, not scrolled. */
const limit = 100

export const me = () => queryOptions({ queryKey: meKey, queryFn: () => api.call('getMe'), staleTime: 60_000 })

export const status = () =>
  queryOptions({ queryKey: ['status'], queryFn: () => api.call('getStatus'), staleTime: 30_000 })

export const servers = (query?: string) =>
  queryOptions({
    queryKey: ['servers', 'list', query ?? ''],
    queryFn: () => api.call('listServers', { query: { limit, ...(query ? { query } : {}) } }),
  })

export const server = (id: string) =>
  queryOptions({ queryKey: ['servers', id], queryFn: () => api.call('getServer', { params: { id } }) })

export const connectorScans = () =>
  queryOptions({ queryKey: ['servers', 'scans'], queryFn: () => api.call('listConnectorScans') })

export const serverTools = (id: string) =>
  queryOptions({
    queryKey: ['servers', id, 'tools'],
    queryFn: () => api.call('listServerTools', { params: { id }, query: { limit: 200 } }),
  })

export const serverLog = (id: string) =>
  queryOptions({
    queryKey: ['servers', id, 'log'],
    queryFn: () => api.call('getServerLog', { params: { id } }),
    refetchInterval: 4000,
  })

export const toolVersions = (id: string, name: string) =>
  queryOptions({
    queryKey: ['servers', id, 'versions', name],
    queryFn: () => api.call('listToolVersions', { params: { id }, query: { name } }),
  })

export const connection = (id: string) =>
  queryOptions({
    queryKey: ['servers', id, 'connection'],
    queryFn: () => api.call('getConnection', { params: { id } }),
  })

export const policies = () =>
  queryOptions({ queryKey: ['policies'], queryFn: () => api.call('listPolicies', { query: { limit } }) })

export const people = () =>
  queryOptions({ queryKey: ['users'], queryFn: () => api.call('listUsers', { query: { limit } }) })

export const directory = () =>
  queryOptions({ queryKey: ['directory'], queryFn: () => api.call('getDirectory') })

export const provisioningTokens = () =>
  queryOptions({ queryKey: ['directory', 'tokens'], queryFn: () => api.call('listProvisioningTokens') })

export const groups = () =>
  queryOptions({ queryKey: ['groups'], queryFn: () => api.call('listGroups', { query: { limit } }) })

/** A client that waits; asked again while an administrator has to decide. */
export const waitingClient = (id: string) =>
  queryOptions({
    queryKey: ['waiting-client', id],
    queryFn: () => api.call('getWaitingClient', { params: { id } }),
    retry: false,
    refetchInterval: ({ state }) => (state.data?.redirect.state === 'unknown' ? 3000 : false),
  })

export const connectedClients = () =>
  queryOptions({ queryKey: ['connected-clients'], queryFn: () => api.call('listConnectedClients') })

export const requests = (status: string | undefined) =>
  queryOptions({
    queryKey: ['requests', status ?? 'pending'],
    queryFn: () =>
      api.call('listRequests', {
        query: { limit, ...(status === 'all' ? {} : { status: 'pending' as const }) },
      }),
  })

export const redirectRules = () =>
  queryOptions({ queryKey: ['redirect-rules'], queryFn: () => api.call('listRedirectRules') })

export const keys = () =>
  queryOptions({ queryKey: ['keys'], queryFn: () => api.call('listApiKeys', { query: { limit } }) })

export const agents = () =>
  queryOptions({ queryKey: ['agents'], queryFn: () => api.call('listAgentAccounts', { query: { limit } }) })

export const delegations = () =>
  queryOptions({ queryKey: ['delegations'], queryFn: () => api.call('listDelegations') })

export const sessionGrants = () =>
  queryOptions({ queryKey: ['session-grants'], queryFn: () => api.call('listSessionGrants') })

export const security = () =>
  queryOptions({ queryKey: ['security'], queryFn: () => api.call('getAccountSecurity') })

export const notices = () => queryOptions({ queryKey: ['notices'], queryFn: () => api.call('listNotices') })

export const sessions = () =>
  queryOptions({ queryKey: ['sessions'], queryFn: () => api.call('listSessions') })

export const codeMode = () =>
  queryOptions({ queryKey: ['code-mode'], queryFn: () => api.call('getCodeMode') })

export const searchReport = (days: number) =>
  queryOptions({
    queryKey: ['search-report', days],
    queryFn: () => api.call('getSearchReport', { query: { days } }),
    staleTime: 60_000,
  })

export const guardSettings = () =>
  queryOptions({ queryKey: ['guard-settings'], queryFn: () => api.call('getGuardSettings') })

export const guardPatterns = () =>
  queryOptions({ queryKey: ['guard-patterns'], queryFn: () => api.call('listGuardPatterns') })

export const outsideModel = (slot: 'model_server' | 'llm_judge') =>
  queryOptions({
    queryKey: ['outside-model', slot],
    queryFn: () => api.call('getOutsideModel', { params: { slot } }),
  })

export const serverGuardSettings = (id: string) =>
  queryOptions({
    queryKey: ['guard-settings', id],
    queryFn: () => api.call('getServerGuardSettings', { params: { id } }),
  })

type AuditQuery = NonNullable<Operations['listAuditLogs']['query']>

/** A URL may hold any text; what is no outcome is answered by the server's own refusal. */
export const auditQuery = (search: Omit<AuditSearch, 'entry'>) => search as AuditQuery

export const audit = (search: Omit<AuditSearch, 'entry'>, cursor?: string) =>
  queryOptions({
    queryKey: ['audit', 'list', search, cursor ?? ''],
    queryFn: () =>
      api.call('listAuditLogs', {
        query: { ...auditQuery(search), limit: 50, ...(cursor ? { cursor } : {}) },
      }),
    staleTime: 2000,
  })

export const auditEntry = (id: string) =>
  queryOptions({ queryKey: ['audit', id], queryFn: () => api.call('getAuditLog', { params: { id } }) })

/** For lists that decorate a page: someone without the right sees the page without them. */
export async function orNone<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise
  } catch (error) {
    if (isStatus(error, 403)) return undefined
    throw error
  }
}

export const signInOptions = () =>
  queryOptions({
    queryKey: ['sign-in-options'],
    queryFn: () => api.call('getSignInOptions'),
    staleTime: 60_000,
  })

export const ssoProviders = () =>
  queryOptions({ queryKey: ['sso-providers'], queryFn: () => api.call('listSsoProviders') })

export const ownIdentities = () =>
  queryOptions({ queryKey: ['own-identities'], queryFn: () => api.call('listOwnSsoIdentities') })

export const identitiesOf = (id: string) =>
  queryOptions({
    queryKey: ['users', id, 'identities'],
    queryFn: () => api.call('listSsoIdentities', { params: { id } }),
  })

export const trustedIssuers = () =>
  queryOptions({ queryKey: ['trusted-issuers'], queryFn: () => api.call('listTrustedIssuers') })
