import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { FlaskConical, Plus, ShieldCheck } from 'lucide-react'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { FilterChip, FilterSelect, SearchBox, Toolbar } from '../components/filters.tsx'
import { PolicyDrawer } from '../components/policy-drawer.tsx'
import { PolicyTable } from '../components/policy-table.tsx'
import { useRuleWords } from '../components/rule-sentence.tsx'
import { paths } from '../paths.ts'
import { buttonClass } from '../ui/button.tsx'
import { Empty, PageHead } from '../ui/page.tsx'

const route = getRouteApi('/shell/policies')

export async function loader(): Promise<void> {
  await cache.ensureQueryData(queries.policies())
}

const effects = [
  { value: 'allow', label: 'Allow' },
  { value: 'deny', label: 'Deny' },
]

export function PoliciesPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/policies' })
  const me = useSuspenseQuery(queries.me()).data
  const all = useSuspenseQuery(queries.policies()).data.data
  const words = useRuleWords()
  const set = (change: {
    query?: string | undefined
    effect?: string | undefined
    policy?: string | undefined
  }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const rows = all.filter(
    (rule) =>
      (search.effect === undefined || rule.effect === search.effect) &&
      (search.query === undefined ||
        `${words(rule)} ${rule.description}`.toLowerCase().includes(search.query.toLowerCase())),
  )
  const open = all.find((rule) => rule.id === search.policy)
  const add = me.capabilities.includes('policies.write') && (
    <Link {...paths.policyNew()} className={buttonClass('primary')}>
      <Plus aria-hidden="true" />
      New rule
    </Link>
  )
  return (
    <>
      <PageHead
        title="Policies"
        purpose="Who may use which tools. A deny beats an allow, and what no rule allows is denied."
        actions={
          <>
            <Link {...paths.simulator()} className={buttonClass('plain')}>
              <FlaskConical aria-hidden="true" />
              Simulator
            </Link>
            {add}
          </>
        }
      />
      {all.length === 0 ? (
        <Empty icon={<ShieldCheck />} title="No rules yet" action={add}>
          Without a rule nobody may call anything. A rule reads as a sentence: allow the group Finance to use
          read_* on Warehouse.
        </Empty>
      ) : (
        <>
          <Toolbar>
            <SearchBox label="Search rules" value={search.query} onChange={(query) => set({ query })} />
            <FilterSelect
              label="Effect"
              value={search.effect}
              options={effects}
              onChange={(effect) => set({ effect })}
            />
            {search.effect !== undefined && (
              <FilterChip name="Effect" value={search.effect} onRemove={() => set({ effect: undefined })} />
            )}
          </Toolbar>
          {rows.length === 0 ? (
            <p className="py-10 text-center text-13 text-n11">No rule fits this search.</p>
          ) : (
            <PolicyTable rows={rows} me={me} selected={search.policy} />
          )}
        </>
      )}
      {open !== undefined && (
        <PolicyDrawer policy={open} me={me} onClose={() => set({ policy: undefined })} />
      )}
    </>
  )
}
