import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import * as queries from '../api/queries.ts'
import type { AuditDetail } from '../api/shapes.ts'
import { durationWords } from '../lib/duration-words.ts'
import { paths } from '../paths.ts'
import { Code } from '../ui/code.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { Diff } from '../ui/diff.tsx'
import { Drawer } from '../ui/drawer.tsx'
import { Note } from '../ui/note.tsx'
import { Facts, Section } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'
import { actionWords, actorName, OutcomeMark } from './audit-table.tsx'
import { TroubleNote } from './trouble-note.tsx'
import { useNames } from './use-names.ts'

const pretty = (value: unknown): string => {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2) ?? ''
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}
const isGiven = (value: unknown) => value !== undefined && value !== null && value !== ''

function Bodies({ entry }: { entry: AuditDetail }) {
  const parts = [
    ['Arguments', entry.arguments],
    ['Result', entry.result],
    ['Error', entry.error],
    ['Scans', entry.scans],
  ] as const
  return parts
    .filter(([, value]) => isGiven(value) && !(Array.isArray(value) && value.length === 0))
    .map(([title, value]) => (
      <Section key={title} title={title}>
        <Code text={pretty(value)} label={title} />
      </Section>
    ))
}

function Rules({ entry }: { entry: AuditDetail }) {
  const rules = Array.isArray(entry.rules) ? entry.rules.map(String) : []
  if (rules.length === 0) return null
  return (
    <Section title="Decided by">
      <ul className="grid gap-1 text-13">
        {rules.map((rule) => (
          <li key={rule}>
            <Link
              {...paths.policy(rule)}
              className="font-mono text-12 text-accent underline-offset-2 hover:underline"
            >
              {rule}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Entry({ entry }: { entry: AuditDetail }) {
  const names = useNames()
  const mono = (value: string) => <code className="font-mono text-12">{value}</code>
  return (
    <>
      {isGiven(entry.reason) && (
        <Note kind={entry.outcome === 'success' ? 'info' : 'warning'} title={String(entry.reason)} />
      )}
      <Facts
        rows={[
          [
            'When',
            <span key="when">
              <Time iso={entry.time} /> <span className="text-n10">({entry.time})</span>
            </span>,
          ],
          [
            'Actor',
            entry.actor.type === 'user' ? (
              <Link
                key="actor"
                {...paths.person(entry.actor.id)}
                className="text-accent underline-offset-2 hover:underline"
              >
                {actorName(entry)}
              </Link>
            ) : (
              actorName(entry)
            ),
          ],
          ...(entry.server_id
            ? [
                [
                  'Connector',
                  <Link
                    key="server"
                    {...paths.connector(entry.server_id)}
                    className="text-accent underline-offset-2 hover:underline"
                  >
                    {names.server(entry.server_id)}
                  </Link>,
                ] as const,
              ]
            : []),
          ...(entry.tool ? [['Tool', mono(entry.tool)] as const] : []),
          ...(entry.resource_type
            ? [['Resource', mono(`${entry.resource_type} ${entry.resource_id ?? ''}`)] as const]
            : []),
          ...(entry.client_name
            ? [['Client', `${entry.client_name} ${entry.client_version ?? ''}`] as const]
            : []),
          ...(typeof entry.duration_ms === 'number'
            ? [['Took', durationWords(entry.duration_ms)] as const]
            : []),
          [
            'Conversation',
            <Link
              key="correlation"
              {...paths.audit({ correlation_id: entry.correlation_id })}
              className="font-mono text-12 text-accent underline-offset-2 hover:underline"
            >
              {entry.correlation_id}
            </Link>,
          ],
          ['Request', <CopyLine key="request" text={entry.request_id} label="Copy request id" />],
          ['Entry', <CopyLine key="entry" text={entry.id} label="Copy entry id" />],
        ]}
      />
      <Rules entry={entry} />
      {(isGiven(entry.before) || isGiven(entry.after)) && (
        <Section title="Before and after">
          <Diff
            before={isGiven(entry.before) ? pretty(entry.before) : ''}
            after={isGiven(entry.after) ? pretty(entry.after) : ''}
            label="Before and after"
          />
        </Section>
      )}
      <Bodies entry={entry} />
    </>
  )
}

export function AuditDrawer({ id, onClose }: { id: string; onClose(): void }) {
  const entry = useQuery(queries.auditEntry(id))
  return (
    <Drawer
      title={entry.data === undefined ? 'Audit entry' : actionWords(entry.data.action)}
      subtitle={entry.data !== undefined && <OutcomeMark outcome={entry.data.outcome} />}
      onClose={onClose}
    >
      <TroubleNote error={entry.error} />
      {entry.data !== undefined && <Entry entry={entry.data} />}
    </Drawer>
  )
}
