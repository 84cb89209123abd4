import { createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Shell } from './components/shell.tsx'
import { NoPage, PageError } from './components/trouble-note.tsx'
import type { AuditSearch } from './paths.ts'
import { connect, device, root, signedIn, signIn, signInCallback } from './routes-alone.tsx'
import { parseSearch, pick, stringifySearch } from './search-params.ts'

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  beforeLoad: ({ location }) => signedIn(location),
})

const clients = createRoute({
  getParentRoute: () => shell,
  path: '/clients',
  loader: async () => (await import('./pages/clients.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/clients.tsx'), 'ClientsPage'),
})

const requests = createRoute({
  getParentRoute: () => shell,
  path: '/requests',
  validateSearch: (search: Record<string, unknown>): { status?: string | undefined } =>
    pick('status')(search),
  loaderDeps: ({ search: { status } }) => ({ status }),
  loader: async ({ deps }) => (await import('./pages/requests.tsx')).loader(deps.status),
  component: lazyRouteComponent(() => import('./pages/requests.tsx'), 'RequestsPage'),
})

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  loader: async () => (await import('./pages/home.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/home.tsx'), 'HomePage'),
})

const connectors = createRoute({
  getParentRoute: () => shell,
  path: '/connectors',
  validateSearch: pick('query', 'status'),
  loader: async () => (await import('./pages/connectors.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/connectors.tsx'), 'ConnectorsPage'),
})

const connectorNew = createRoute({
  getParentRoute: () => shell,
  path: '/connectors/new',
  component: lazyRouteComponent(() => import('./pages/connector-new.tsx'), 'ConnectorNewPage'),
})

const connector = createRoute({
  getParentRoute: () => shell,
  path: '/connectors/$serverId/$tab',
  validateSearch: pick('tool', 'query', 'state'),
  loader: async ({ params }) => (await import('./pages/connector.tsx')).loader(params),
  component: lazyRouteComponent(() => import('./pages/connector.tsx'), 'ConnectorPage'),
})

const connectorHome = createRoute({
  getParentRoute: () => shell,
  path: '/connectors/$serverId',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/connectors/$serverId/$tab', params: { ...params, tab: 'overview' } })
  },
})

const runlayerPlugin = createRoute({
  getParentRoute: () => shell,
  path: '/runlayer-plugin',
  validateSearch: pick('days'),
  loader: async () => (await import('./pages/runlayer-plugin.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/runlayer-plugin.tsx'), 'RunlayerPluginPage'),
})

const security = createRoute({
  getParentRoute: () => shell,
  path: '/security',
  validateSearch: pick('server'),
  loader: async () => (await import('./pages/security.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/security.tsx'), 'SecurityPage'),
})

const connectionCallback = createRoute({
  getParentRoute: () => shell,
  path: '/connections/callback',
  validateSearch: pick('state', 'code', 'iss', 'error', 'error_description'),
  component: lazyRouteComponent(() => import('./pages/connection-callback.tsx'), 'ConnectionCallbackPage'),
})

const policies = createRoute({
  getParentRoute: () => shell,
  path: '/policies',
  validateSearch: pick('query', 'effect', 'policy'),
  loader: async () => (await import('./pages/policies.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/policies.tsx'), 'PoliciesPage'),
})

const policyNew = createRoute({
  getParentRoute: () => shell,
  path: '/policies/new',
  validateSearch: pick('server'),
  loader: async () => (await import('./pages/policy-new.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/policy-new.tsx'), 'PolicyNewPage'),
})

const simulator = createRoute({
  getParentRoute: () => shell,
  path: '/policies/simulator',
  validateSearch: pick('user', 'server', 'tool'),
  loader: async () => (await import('./pages/simulator.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/simulator.tsx'), 'SimulatorPage'),
})

const people = createRoute({
  getParentRoute: () => shell,
  path: '/people',
  validateSearch: pick('query', 'role', 'person', 'new'),
  loader: async () => (await import('./pages/people.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/people.tsx'), 'PeoplePage'),
})

const groups = createRoute({
  getParentRoute: () => shell,
  path: '/groups',
  validateSearch: pick('query', 'group', 'new'),
  loader: async () => (await import('./pages/groups.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/groups.tsx'), 'GroupsPage'),
})

const directory = createRoute({
  getParentRoute: () => shell,
  path: '/directory',
  loader: async () => (await import('./pages/directory.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/directory.tsx'), 'DirectoryPage'),
})

const singleSignOn = createRoute({
  getParentRoute: () => shell,
  path: '/single-sign-on',
  validateSearch: pick('provider', 'new'),
  loader: async () => (await import('./pages/single-sign-on.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/single-sign-on.tsx'), 'SingleSignOnPage'),
})

const trustedIssuers = createRoute({
  getParentRoute: () => shell,
  path: '/trusted-issuers',
  validateSearch: pick('new'),
  loader: async () => (await import('./pages/trusted-issuers.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/trusted-issuers.tsx'), 'TrustedIssuersPage'),
})

const keys = createRoute({
  getParentRoute: () => shell,
  path: '/keys',
  validateSearch: pick('query', 'whose', 'new'),
  loader: async () => (await import('./pages/keys.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/keys.tsx'), 'KeysPage'),
})

const agents = createRoute({
  getParentRoute: () => shell,
  path: '/agents',
  validateSearch: pick('query', 'agent', 'new'),
  loader: async () => (await import('./pages/agents.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/agents.tsx'), 'AgentsPage'),
})

const delegations = createRoute({
  getParentRoute: () => shell,
  path: '/delegations',
  validateSearch: pick('new'),
  loader: async () => (await import('./pages/delegations.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/delegations.tsx'), 'DelegationsPage'),
})

const account = createRoute({
  getParentRoute: () => shell,
  path: '/account',
  loader: async () => (await import('./pages/account.tsx')).loader(),
  component: lazyRouteComponent(() => import('./pages/account.tsx'), 'AccountPage'),
})

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>): AuditSearch =>
    pick(
      'action',
      'actor_id',
      'agent_client_id',
      'server_id',
      'outcome',
      'correlation_id',
      'from',
      'to',
      'entry',
    )(search),
  loaderDeps: ({ search: { entry: _entry, ...filters } }) => filters,
  loader: async ({ deps }) => (await import('./pages/audit.tsx')).loader(deps),
  component: lazyRouteComponent(() => import('./pages/audit.tsx'), 'AuditPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signInCallback,
    connect,
    device,
    shell.addChildren([
      home,
      connectors,
      connectorNew,
      connectorHome,
      connector,
      connectionCallback,
      runlayerPlugin,
      security,
      policies,
      policyNew,
      simulator,
      people,
      groups,
      directory,
      singleSignOn,
      trustedIssuers,
      keys,
      agents,
      delegations,
      clients,
      requests,
      audit,
      account,
    ]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  // The query cache decides what is fresh.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NoPage,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
