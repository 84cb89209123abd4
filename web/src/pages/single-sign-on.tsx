import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { LogIn, Plus } from 'lucide-react'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { SsoProvider } from '../api/shapes.ts'
import { SsoDrawer, SsoStatus } from '../components/sso-drawer.tsx'
import { SsoForm } from '../forms/sso-form.tsx'
import { paths } from '../paths.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { type Column, rowLink, Table } from '../ui/table.tsx'

const route = getRouteApi('/shell/single-sign-on')

export async function loader(): Promise<void> {
  await cache.ensureQueryData(queries.ssoProviders())
}

const columns: readonly Column<SsoProvider>[] = [
  {
    name: 'Name',
    cell: (row) => (
      <Link {...paths.ssoProvider(row.id)} data-row className={`${rowLink} truncate`}>
        {row.name}
      </Link>
    ),
  },
  {
    name: 'Domains',
    extra: true,
    cell: (row) => (
      <span className="truncate font-mono text-12">{row.domains.join(', ') || 'None bound'}</span>
    ),
  },
  { name: 'State', width: 'w-32', cell: (row) => <SsoStatus provider={row} /> },
]

export function SingleSignOnPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/single-sign-on' })
  const me = useSuspenseQuery(queries.me()).data
  const all = useSuspenseQuery(queries.ssoProviders()).data.data
  const set = (change: { provider?: string | undefined; new?: string | undefined }) =>
    void navigate({ search: change, replace: true })
  const open = all.find(({ id }) => id === search.provider)
  const add = (
    <Button
      look="primary"
      icon={<Plus aria-hidden="true" />}
      why={me.capabilities.includes('sso.write') ? undefined : 'Only a Super Admin adds providers'}
      onClick={() => set({ new: '1' })}
    >
      Add provider
    </Button>
  )
  return (
    <>
      <PageHead
        title="Single sign-on"
        purpose="Identity providers that people sign in at, and the domains they stand for."
        actions={all.length > 0 && add}
      />
      {all.length === 0 ? (
        <Empty icon={<LogIn />} title="No identity providers yet" action={add}>
          People sign in with passwords, passkeys and links. With a provider of your organization they need no
          account of their own here.
        </Empty>
      ) : (
        <Table
          label="Identity providers"
          columns={columns}
          rows={all}
          id={(row) => row.id}
          selected={search.provider}
        />
      )}
      {search.new !== undefined && (
        <Dialog holds="input" title="Add an identity provider" wide onClose={() => set({ new: undefined })}>
          <SsoForm onDone={(id) => set({ provider: id, new: undefined })} />
        </Dialog>
      )}
      {open !== undefined && (
        <SsoDrawer provider={open} me={me} onClose={() => set({ provider: undefined })} />
      )}
    </>
  )
}
