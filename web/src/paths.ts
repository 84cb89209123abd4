import { linkOptions } from '@tanstack/react-router'

export const connectorTabs = [
  'overview',
  'tools',
  'try',
  'policies',
  'connection',
  'log',
  'settings',
] as const
export type ConnectorTab = (typeof connectorTabs)[number]

export type AuditSearch = {
  action?: string | undefined
  actor_id?: string | undefined
  agent_client_id?: string | undefined
  server_id?: string | undefined
  outcome?: string | undefined
  correlation_id?: string | undefined
  from?: string | undefined
  to?: string | undefined
  entry?: string | undefined
}

/** Every link in the console is built here, so that a route changes in one place. */
export const paths = {
  home: () => linkOptions({ to: '/' }),
  signIn: () => linkOptions({ to: '/sign-in' }),
  connectors: () => linkOptions({ to: '/connectors' }),
  connectorNew: () => linkOptions({ to: '/connectors/new' }),
  connector: (serverId: string, tab: ConnectorTab = 'overview') =>
    linkOptions({ to: '/connectors/$serverId/$tab', params: { serverId, tab } }),
  connectorTool: (serverId: string, tool: string) =>
    linkOptions({ to: '/connectors/$serverId/$tab', params: { serverId, tab: 'tools' }, search: { tool } }),
  connectorTry: (serverId: string, tool: string) =>
    linkOptions({ to: '/connectors/$serverId/$tab', params: { serverId, tab: 'try' }, search: { tool } }),
  policies: () => linkOptions({ to: '/policies' }),
  policy: (policy: string) => linkOptions({ to: '/policies', search: { policy } }),
  policyNew: (server?: string) =>
    linkOptions({ to: '/policies/new', search: server === undefined ? {} : { server } }),
  simulator: (search: { user?: string; server?: string; tool?: string } = {}) =>
    linkOptions({ to: '/policies/simulator', search }),
  security: (server?: string) =>
    linkOptions({ to: '/security', search: server === undefined ? {} : { server } }),
  people: () => linkOptions({ to: '/people' }),
  person: (person: string) => linkOptions({ to: '/people', search: { person } }),
  groups: () => linkOptions({ to: '/groups' }),
  group: (group: string) => linkOptions({ to: '/groups', search: { group } }),
  directory: () => linkOptions({ to: '/directory' }),
  singleSignOn: () => linkOptions({ to: '/single-sign-on' }),
  ssoProvider: (provider: string) => linkOptions({ to: '/single-sign-on', search: { provider } }),
  trustedIssuers: () => linkOptions({ to: '/trusted-issuers' }),
  keys: () => linkOptions({ to: '/keys' }),
  agents: () => linkOptions({ to: '/agents' }),
  agent: (agent: string) => linkOptions({ to: '/agents', search: { agent } }),
  delegations: () => linkOptions({ to: '/delegations' }),
  clients: () => linkOptions({ to: '/clients' }),
  requests: () => linkOptions({ to: '/requests' }),
  account: () => linkOptions({ to: '/account' }),
  runlayerPlugin: () => linkOptions({ to: '/runlayer-plugin' }),
  audit: (search: AuditSearch = {}) => linkOptions({ to: '/audit', search }),
  auditEntry: (entry: string) => linkOptions({ to: '/audit', search: { entry } }),
}
