import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link, type LinkOptions } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Me } from '../api/shapes.ts'
import { AccountNotices, SignInAgain } from '../components/account-notices.tsx'
import { AddToClient } from '../components/add-to-client.tsx'
import { AuditTable } from '../components/audit-table.tsx'
import { StatusWarnings } from '../components/status-warnings.tsx'
import { paths } from '../paths.ts'
import { buttonClass } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { PageHead, Panel, Section } from '../ui/page.tsx'

const calls = { action: 'tool_call_success' }

export async function loader(): Promise<void> {
  const me = await cache.ensureQueryData(queries.me())
  await Promise.all([
    cache.ensureQueryData(queries.servers()),
    cache.ensureQueryData(queries.status()),
    cache.ensureQueryData(queries.audit({})),
    // For the checklist: without them it would begin with steps that are done already.
    ...(me.capabilities.includes('connectors.write')
      ? [
          cache.prefetchQuery(queries.audit(calls)),
          cache.prefetchQuery(queries.keys()),
          cache.prefetchQuery(queries.policies()),
        ]
      : []),
  ])
}

type Step = { title: string; about: string; done: boolean; link: LinkOptions; verb: string }

/** Each step ticks when the thing exists, however it was made. */
function useSteps(me: Me): Step[] {
  const connectors = useSuspenseQuery({ ...queries.servers(), refetchInterval: 5000 }).data.data
  const rules =
    useQuery({ ...queries.policies(), enabled: me.capabilities.includes('policies.read') }).data?.data ?? []
  const keys = useQuery(queries.keys()).data?.data ?? []
  const called = useQuery({ ...queries.audit(calls), refetchInterval: 5000 }).data?.data ?? []
  return [
    {
      title: 'Add a connector',
      about: 'A managed MCP server: an address to relay, or a package to run here.',
      done: connectors.length > 0,
      link: paths.connectorNew(),
      verb: 'Add connector',
    },
    {
      title: 'Write the first rule',
      about: 'Nobody may call anything until a rule allows it.',
      done: rules.some((rule) => !rule.builtin),
      link: paths.policyNew(),
      verb: 'New rule',
    },
    {
      title: 'Connect a client',
      about: 'Create a key and paste the plugin’s address into an AI client.',
      done: keys.some((key) => key.last_used_at !== null && key.last_used_at !== undefined),
      link: paths.keys(),
      verb: 'Create key',
    },
    {
      title: 'Make the first call',
      about: 'Ask the client to use a tool, or try one here. The audit shows it at once.',
      done: called.length > 0,
      link: connectors[0] === undefined ? paths.connectors() : paths.connector(connectors[0].id, 'try'),
      verb: 'Try a tool',
    },
  ]
}

function Checklist({ steps }: { steps: readonly Step[] }) {
  const done = steps.filter((step) => step.done).length
  const next = steps.find((step) => !step.done)
  return (
    <Section
      title="First run"
      about={`${done} of ${steps.length} done. Each step ticks itself when it has happened.`}
    >
      <ol className="grid rounded border border-n5 bg-raised">
        {steps.map((step, index) => (
          <li
            key={step.title}
            className="flex items-center gap-3 border-b border-n5 px-4 py-3 last:border-b-0"
          >
            <span
              className={cx(
                'flex size-5 shrink-0 items-center justify-center rounded-full text-12 font-medium',
                step.done ? 'bg-good text-n1' : 'text-n11 ring-1 ring-n8 ring-inset',
              )}
            >
              {step.done ? <Check className="size-3.5" strokeWidth={3} aria-label="Done" /> : index + 1}
            </span>
            <div className="grid min-w-0 flex-1">
              <h3 className={cx('text-13 font-medium', step.done && 'text-n11')}>{step.title}</h3>
              {!step.done && <p className="text-13 text-n11">{step.about}</p>}
            </div>
            {!step.done && (
              <Link {...step.link} className={buttonClass(step === next ? 'primary' : 'plain')}>
                {step.verb}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </Section>
  )
}

export function HomePage() {
  const me = useSuspenseQuery(queries.me()).data
  const steps = useSteps(me)
  const recent = useSuspenseQuery({ ...queries.audit({}), refetchInterval: 5000 }).data.data.slice(0, 8)
  const mcpUrl = useSuspenseQuery(queries.status()).data.mcp_url
  const isNew = steps.some((step) => !step.done)
  const builds = me.capabilities.includes('connectors.write')
  return (
    <>
      <PageHead
        title={me.name === '' ? 'Welcome' : `Welcome, ${me.name.split(' ')[0]}`}
        purpose="One address for every tool you may use, and the record of what was used."
      />
      <SignInAgain />
      <AccountNotices />
      <StatusWarnings />
      <div className={cx('grid gap-8', builds && isNew && 'lg:grid-cols-2')}>
        {builds && isNew && <Checklist steps={steps} />}
        <Section
          title="Runlayer Plugin"
          about="Add this one address to an AI client. It finds and runs the tools you may use, from every connector."
        >
          <Panel>
            <AddToClient url={mcpUrl} name="runlayer" />
          </Panel>
        </Section>
      </div>
      <Section
        title="Lately"
        actions={
          <Link {...paths.audit()} className="text-13 text-accent underline-offset-2 hover:underline">
            Open audit
          </Link>
        }
      >
        {recent.length === 0 ? (
          <p className="text-13 text-n11">Nothing has happened yet.</p>
        ) : (
          <AuditTable rows={recent} />
        )}
      </Section>
    </>
  )
}
