import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Download, RefreshCw, ScrollText } from 'lucide-react'
import { useState } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { AuditDrawer } from '../components/audit-drawer.tsx'
import { AuditFilters } from '../components/audit-filters.tsx'
import { AuditTable } from '../components/audit-table.tsx'
import { useChange } from '../components/use-change.ts'
import type { AuditSearch } from '../paths.ts'
import { Button, buttonClass, IconButton } from '../ui/button.tsx'
import { Empty, PageHead } from '../ui/page.tsx'

const route = getRouteApi('/shell/audit')
type Filters = Omit<AuditSearch, 'entry'>

export async function loader(filters: Filters): Promise<void> {
  await cache.ensureQueryData(queries.audit(filters))
}

export function AuditPage() {
  const { entry, ...filters } = route.useSearch()
  const navigate = useNavigate({ from: '/audit' })
  const set = (change: AuditSearch) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  return (
    <>
      <PageHead
        title="Audit"
        purpose="Every call and every change: who, what, and how it ended. Entries are chained and cannot be changed."
        actions={
          <>
            <IconButton label="Refresh" onClick={() => void cache.invalidateQueries({ queryKey: ['audit'] })}>
              <RefreshCw />
            </IconButton>
            {(['csv', 'json'] as const).map((format) => (
              <a
                key={format}
                href={api.url('exportAuditLogs', { query: { ...queries.auditQuery(filters), format } })}
                download
                className={buttonClass('plain')}
              >
                <Download aria-hidden="true" />
                {format.toUpperCase()}
              </a>
            ))}
          </>
        }
      />
      <AuditFilters filters={filters} set={set} />
      <Entries key={JSON.stringify(filters)} filters={filters} entry={entry} />
      {entry !== undefined && (
        <AuditDrawer id={entry} onClose={() => set({ entry: undefined } as unknown as AuditSearch)} />
      )}
    </>
  )
}

function Entries({ filters, entry }: { filters: Filters; entry: string | undefined }) {
  const first = useSuspenseQuery({ ...queries.audit(filters), refetchInterval: 10_000 }).data
  const [more, setMore] = useState<{ rows: typeof first.data; next: string | null }>()
  const next = more === undefined ? first.next_cursor : more.next
  const load = useChange({
    run: (cursor: string) => cache.fetchQuery(queries.audit(filters, cursor)),
    loud: true,
    after: (page) => setMore({ rows: [...(more?.rows ?? []), ...page.data], next: page.next_cursor }),
  })
  const known = new Set(first.data.map((row) => row.id))
  const rows = [...first.data, ...(more?.rows ?? []).filter((row) => !known.has(row.id))]
  if (rows.length === 0) {
    return Object.keys(filters).length === 0 ? (
      <Empty icon={<ScrollText />} title="Nothing has happened yet">
        Sign-ins, changes and calls appear here the moment they happen. An entry is opened before anything
        runs.
      </Empty>
    ) : (
      <p className="py-10 text-center text-13 text-n11">No entry fits these filters.</p>
    )
  }
  return (
    <>
      <AuditTable rows={rows} selected={entry} keep={filters as Record<string, string>} />
      {next !== null && (
        <Button className="justify-self-center" busy={load.isPending} onClick={() => load.mutate(next)}>
          Show older entries
        </Button>
      )}
    </>
  )
}
