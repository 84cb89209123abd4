import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { RefreshCw } from 'lucide-react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Connector, Me } from '../api/shapes.ts'
import { AddToClient } from '../components/add-to-client.tsx'
import { AuditTable } from '../components/audit-table.tsx'
import { ConnectorState, ScanFacts, transports } from '../components/connector-marks.tsx'
import { useChange } from '../components/use-change.ts'
import { useNames } from '../components/use-names.ts'
import { paths } from '../paths.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button, buttonClass } from '../ui/button.tsx'
import { Note } from '../ui/note.tsx'
import { Facts, Panel, Section } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'

type Props = { connector: Connector; me: Me }

function HealthNote({ connector }: { connector: Connector }) {
  if (connector.status !== 'active') return null
  if (connector.health === 'needs_connection') {
    return (
      <Note kind="warning" title="Somebody has to connect first">
        <p>
          {connector.health_message ??
            'Its tools are learned as soon as the first person gives their own values.'}
        </p>
      </Note>
    )
  }
  if (connector.health !== 'failing') return null
  return (
    <Note kind="danger" title="The server does not answer as it should">
      <p>{connector.health_message ?? 'No reason is known.'}</p>
    </Note>
  )
}

function WhoMayUse({ connector, me }: Props) {
  const names = useNames()
  const rules =
    useQuery({ ...queries.policies(), enabled: me.capabilities.includes('policies.read') }).data?.data ?? []
  const allowed = new Map(
    rules
      .filter((rule) => rule.enabled && rule.effect === 'allow')
      .filter((rule) => rule.scope.servers === '*' || rule.scope.servers.includes(connector.id))
      .flatMap((rule) =>
        names.principals(rule.principals).map((name) => [name, rule.principals.type !== 'user'] as const),
      ),
  )
  return (
    <Section
      title="Who may use it"
      actions={
        me.capabilities.includes('policies.write') && (
          <Link {...paths.connector(connector.id, 'policies')} className={buttonClass('plain', 'small')}>
            Change
          </Link>
        )
      }
    >
      <Panel>
        {allowed.size === 0 ? (
          <p className="text-13 text-n11">Nobody yet. A rule has to allow it.</p>
        ) : (
          <ul className="flex flex-wrap gap-x-4 gap-y-2 text-13">
            {[...allowed].map(([name, isMany]) => (
              <li key={name} className="flex items-center gap-1.5">
                <Avatar name={name} group={isMany} />
                {name}
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </Section>
  )
}

export function ConnectorOverview({ connector, me }: Props) {
  const tools = useQuery(queries.serverTools(connector.id)).data?.data ?? []
  const recent =
    useQuery({ ...queries.audit({ server_id: connector.id }), refetchInterval: 5000 }).data?.data.slice(
      0,
      6,
    ) ?? []
  const scans = useQuery({
    ...queries.connectorScans(),
    enabled: me.capabilities.includes('connectors.read'),
  }).data
  const waiting = tools.filter((tool) => tool.state === 'quarantined').length
  const refresh = useChange({
    run: () => api.call('refreshServer', { params: { id: connector.id } }),
    done: 'Tools learned again',
    loud: true,
  })
  const place = connector.url ?? [connector.command, ...connector.args].join(' ')
  return (
    <div className="grid items-start gap-8 lg:grid-cols-2">
      <div className="grid min-w-0 gap-8">
        <HealthNote connector={connector} />
        <Section
          title="What it is"
          actions={
            me.capabilities.includes('connectors.write') && (
              <Button
                size="small"
                icon={<RefreshCw aria-hidden="true" />}
                busy={refresh.isPending}
                why={
                  connector.status === 'disabled' ? 'A disabled connector is not asked for tools' : undefined
                }
                onClick={() => refresh.mutate(undefined)}
              >
                Learn tools again
              </Button>
            )
          }
        >
          <Panel>
            <Facts
              rows={[
                ['State', <ConnectorState key="state" connector={connector} />],
                ['Checked', <Time key="checked" iso={connector.health_checked_at} />],
                [
                  'Tools',
                  <ToolCount
                    key="tools"
                    id={connector.id}
                    active={tools.filter((tool) => tool.state === 'active').length}
                    waiting={waiting}
                  />,
                ],
                ...(scans === undefined
                  ? []
                  : [
                      [
                        'Scan',
                        <ScanFacts
                          key="scan"
                          scan={scans.data.find(({ server_id }) => server_id === connector.id)}
                        />,
                      ] as const,
                    ]),
                ['Transport', transports[connector.transport]],
                [
                  connector.transport === 'stdio' ? 'Command' : 'URL',
                  <code key="place" className="font-mono text-12">
                    {place}
                  </code>,
                ],
                ...(connector.package === null
                  ? []
                  : [
                      [
                        'Package',
                        <code
                          key="package"
                          className="font-mono text-12"
                        >{`${connector.package.name}@${connector.package.version}`}</code>,
                      ] as const,
                    ]),
                [
                  'Tool prefix',
                  <code key="slug" className="font-mono text-12">
                    {connector.slug}
                  </code>,
                ],
                ['Created', <Time key="created" iso={connector.created_at} />],
              ]}
            />
          </Panel>
        </Section>
        <WhoMayUse connector={connector} me={me} />
        {recent.length > 0 && (
          <Section title="Lately">
            <AuditTable rows={recent} narrow />
          </Section>
        )}
      </div>
      <Section title="Endpoint" about="This connector alone, with its tools under their own names.">
        <Panel>
          <AddToClient url={connector.mcp_url} name={connector.slug} />
        </Panel>
      </Section>
    </div>
  )
}

function ToolCount({ id, active, waiting }: { id: string; active: number; waiting: number }) {
  return (
    <span className="flex gap-2">
      <Link {...paths.connector(id, 'tools')} className="text-accent underline-offset-2 hover:underline">
        {active} active
      </Link>
      {waiting > 0 && (
        <Link
          {...paths.connector(id, 'tools')}
          search={{ state: 'quarantined' }}
          className="text-warning underline underline-offset-2"
        >
          {waiting} waiting for review
        </Link>
      )}
    </span>
  )
}
