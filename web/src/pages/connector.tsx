import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { type ComponentType, lazy, Suspense } from 'react'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Connector, Me } from '../api/shapes.ts'
import { ConnectorState, transports } from '../components/connector-marks.tsx'
import { type ConnectorTab, connectorTabs, paths } from '../paths.ts'
import { cx } from '../ui/cx.ts'
import { useTitle } from '../ui/page.tsx'
import { Badge } from '../ui/status.tsx'

const route = getRouteApi('/shell/connectors/$serverId/$tab')

export async function loader({ serverId }: { serverId: string }): Promise<void> {
  await Promise.all([
    cache.ensureQueryData(queries.server(serverId)),
    queries.orNone(cache.ensureQueryData(queries.serverTools(serverId))),
  ])
}

type Tab = {
  name: string
  view: ComponentType<{ connector: Connector; me: Me }>
  shown(connector: Connector, me: Me): boolean
}

const can = (capability: string) => (_connector: Connector, me: Me) => me.capabilities.includes(capability)
const always = () => true

const tabs: Record<ConnectorTab, Tab> = {
  overview: {
    name: 'Overview',
    view: lazy(() =>
      import('./connector-overview.tsx').then((file) => ({ default: file.ConnectorOverview })),
    ),
    shown: always,
  },
  tools: {
    name: 'Tools',
    view: lazy(() => import('./connector-tools.tsx').then((file) => ({ default: file.ConnectorTools }))),
    shown: always,
  },
  try: {
    name: 'Try it',
    view: lazy(() => import('./connector-try.tsx').then((file) => ({ default: file.ConnectorTry }))),
    shown: always,
  },
  policies: {
    name: 'Policies',
    view: lazy(() =>
      import('./connector-policies.tsx').then((file) => ({ default: file.ConnectorPolicies })),
    ),
    shown: can('policies.read'),
  },
  connection: {
    name: 'Connection',
    view: lazy(() =>
      import('./connector-connection.tsx').then((file) => ({ default: file.ConnectorConnection })),
    ),
    shown: (connector) =>
      connector.personal_values.length > 0 ||
      (connector.transport !== 'stdio' && ['oauth', 'auto'].includes(connector.auth.type)),
  },
  log: {
    name: 'Log',
    view: lazy(() => import('./connector-log.tsx').then((file) => ({ default: file.ConnectorLog }))),
    shown: (connector, me) => connector.transport === 'stdio' && me.capabilities.includes('connectors.write'),
  },
  settings: {
    name: 'Settings',
    view: lazy(() =>
      import('./connector-settings.tsx').then((file) => ({ default: file.ConnectorSettings })),
    ),
    shown: can('connectors.write'),
  },
}

export function ConnectorPage() {
  const { serverId, tab } = route.useParams()
  const connector = useSuspenseQuery(queries.server(serverId)).data
  const me = useSuspenseQuery(queries.me()).data
  useTitle(connector.name)
  const current = connectorTabs.find((name) => name === tab) ?? 'overview'
  const View = tabs[current].view
  return (
    <>
      <header className="grid gap-3">
        <Link
          {...paths.connectors()}
          className="flex w-fit items-center gap-1 text-13 text-n11 hover:text-n12"
        >
          <ChevronLeft className="size-3.5" aria-hidden="true" />
          Connectors
        </Link>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="text-20">{connector.name}</h1>
          <span className="text-13">
            <ConnectorState connector={connector} />
          </span>
          <Badge>{transports[connector.transport]}</Badge>
          {connector.sensitive && <Badge meaning="warning">Sensitive</Badge>}
          {connector.demo && <Badge meaning="info">Demo</Badge>}
        </div>
        <p className="max-w-180 text-13 text-n11">{connector.description || 'No description yet.'}</p>
      </header>
      <nav aria-label="Connector" className="flex gap-5 overflow-x-auto border-b border-n5">
        {connectorTabs
          .filter((name) => tabs[name].shown(connector, me))
          .map((name) => (
            <Link
              key={name}
              {...paths.connector(serverId, name)}
              aria-current={name === current ? 'page' : undefined}
              className={cx(
                '-mb-px flex h-9 items-center border-b-2 text-13 whitespace-nowrap -outline-offset-2 transition-colors duration-120',
                name === current ? 'border-n12 font-medium' : 'border-transparent text-n11 hover:text-n12',
              )}
            >
              {tabs[name].name}
            </Link>
          ))}
      </nav>
      <Suspense fallback={<p className="text-13 text-n11">Loading</p>}>
        <View key={`${serverId}${current}`} connector={connector} me={me} />
      </Suspense>
    </>
  )
}
