import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { AuditRow } from '../api/shapes.ts'
import { GuardForm } from '../forms/guard-form.tsx'
import { GuardOwnForm } from '../forms/guard-own-form.tsx'
import { GuardPatterns } from '../forms/guard-patterns.tsx'
import { OutsideModelForm } from '../forms/outside-model-form.tsx'
import { paths } from '../paths.ts'
import { SelectField } from '../ui/field.tsx'
import { Note } from '../ui/note.tsx'
import { Empty, PageHead, Panel, Section } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/shell/security')

export async function loader(): Promise<void> {
  await Promise.all([
    cache.ensureQueryData(queries.guardSettings()),
    cache.ensureQueryData(queries.servers()),
  ])
}

/** The newest blocks, holds and warnings, with the way to the whole entry. */
function Recent({ action, title }: { action: string; title: string }) {
  const rows: readonly AuditRow[] = useQuery(queries.audit({ action })).data?.data.slice(0, 6) ?? []
  return (
    <Section
      title={title}
      actions={
        <Link {...paths.audit({ action })} className="text-13 text-accent hover:underline">
          All in the audit
        </Link>
      }
    >
      {rows.length === 0 ? (
        <p className="text-13 text-n11">None so far.</p>
      ) : (
        <ul className="grid gap-2">
          {rows.map((row) => (
            <li key={row.id} className="grid gap-0.5 text-13">
              <Link {...paths.auditEntry(row.id)} className="font-medium hover:underline">
                {row.tool ?? row.resource_id ?? row.action}
              </Link>
              <span className="text-n11">
                <Time iso={row.time} />
                {row.reason !== undefined && row.reason !== null && `: ${row.reason}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

export function SecurityPage() {
  const { server } = route.useSearch()
  const navigate = useNavigate({ from: '/security' })
  const settings = useSuspenseQuery(queries.guardSettings()).data
  const me = useSuspenseQuery(queries.me()).data
  const connectors = useSuspenseQuery(queries.servers()).data.data
  const chosen = connectors.find(({ id }) => id === server)
  const why = me.capabilities.includes('policies.write') ? undefined : 'Your role may not change guards'
  const own = new Set(settings.connectors.map(({ server_id }) => server_id))
  return (
    <>
      <PageHead
        title="Security"
        purpose="The guards look at every tool definition, call and answer, on this machine, and say why they speak."
      />
      {settings.calls === 'off' && (
        <Note kind="warning" title="Calls are not looked at">
          <p>RUNLAYER_CALL_GUARDS is off on this server. Definitions are still looked at.</p>
        </Note>
      )}
      <div className="grid gap-6 lg:grid-cols-2">
        <Recent action="security_violation" title="Blocked or held" />
        <Recent action="security_warning" title="Warnings" />
      </div>
      <Section title="For every connector" about={`Detectors ${settings.detector_version}`}>
        <Panel>
          <GuardForm key={JSON.stringify(settings)} settings={settings} why={why} />
        </Panel>
      </Section>
      <Section
        title="Your own patterns"
        about="What they match in arguments or answers is blocked, or told where the scanner is set to alert."
      >
        <Panel>
          <GuardPatterns why={why} />
        </Panel>
      </Section>
      <Section title="Models outside" about="Off as installed. While on, texts of calls are sent to them.">
        <Panel>
          <div className="grid gap-8">
            <OutsideModelForm
              slot="model_server"
              title="Model server"
              about="Gets kind and text of what is not plain, answers a score between 0 and 1."
              why={why}
            />
            <OutsideModelForm
              slot="llm_judge"
              title="Language model"
              about="An address of the OpenAI kind; asked about unclear texts, and for the category of flagged tools."
              why={why}
            />
          </div>
        </Panel>
      </Section>
      <Section title="For one connector" about="What is not chosen here follows the settings above.">
        {connectors.length === 0 ? (
          <Empty icon={<ShieldCheck />} title="No connectors yet">
            Settings of one connector appear here once there is one.
          </Empty>
        ) : (
          <Panel>
            <div className="grid gap-4">
              <SelectField
                label="Connector"
                value={chosen?.id ?? ''}
                onChange={(event) =>
                  void navigate({ search: { server: event.target.value || undefined }, replace: true })
                }
                options={[
                  { value: '', label: 'Choose one' },
                  ...connectors.map(({ id, name }) => ({
                    value: id,
                    label: own.has(id) ? `${name} (has its own)` : name,
                  })),
                ]}
              />
              {chosen !== undefined && <GuardOwnForm connector={chosen} global={settings} why={why} />}
            </div>
          </Panel>
        )}
      </Section>
    </>
  )
}
