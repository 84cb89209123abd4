import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { CodeModePanel } from '../components/code-mode-panel.tsx'
import { SearchReport } from '../components/search-report.tsx'
import { Button } from '../ui/button.tsx'
import { PageHead, Section } from '../ui/page.tsx'

const route = getRouteApi('/shell/runlayer-plugin')

const periods = [7, 30, 90]
const usualDays = 30

/** A hand-edited address asks for the usual period. */
function daysOf(asked: string | undefined): number {
  return periods.find((days) => String(days) === asked) ?? usualDays
}

export async function loader(): Promise<void> {
  await cache.ensureQueryData(queries.codeMode())
}

function Periods({ days, onChange }: { days: number; onChange(days: number): void }) {
  return (
    <fieldset aria-label="Period" className="flex gap-1">
      {periods.map((value) => {
        const chosen = value === days
        return (
          <Button
            key={value}
            size="small"
            look={chosen ? 'plain' : 'quiet'}
            aria-pressed={chosen}
            onClick={() => onChange(value)}
          >
            Last {value} days
          </Button>
        )
      })}
    </fieldset>
  )
}

export function RunlayerPluginPage() {
  const me = useSuspenseQuery(queries.me()).data
  const days = daysOf(route.useSearch().days)
  const navigate = useNavigate({ from: '/runlayer-plugin' })
  return (
    <>
      <PageHead
        title="Runlayer Plugin"
        purpose="One endpoint with every tool a person may use, found by search instead of listed."
      />
      <Section
        title="Code mode"
        about="Models may write a short script that calls tools. Only what it returns reaches their context."
      >
        <CodeModePanel me={me} />
      </Section>
      {me.capabilities.includes('audit.read') && (
        <Section
          title="How well search works"
          about="Each search is judged by the tool that the same person ran within ten minutes after it."
          actions={
            <Periods
              days={days}
              onChange={(value) => void navigate({ search: { days: String(value) }, replace: true })}
            />
          }
        >
          <SearchReport days={days} />
        </Section>
      )}
    </>
  )
}
