import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { UserPlus, UserRound } from 'lucide-react'
import { useState } from 'react'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { User } from '../api/shapes.ts'
import { FilterChip, FilterSelect, SearchBox, Toolbar } from '../components/filters.tsx'
import { PersonDrawer } from '../components/person-drawer.tsx'
import { RoleMatrix } from '../components/role-matrix.tsx'
import { roleNames } from '../components/use-names.ts'
import { PersonForm } from '../forms/person-form.tsx'
import { paths } from '../paths.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { type Column, rowLink, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/shell/people')

export async function loader(): Promise<void> {
  await Promise.all([cache.ensureQueryData(queries.people()), cache.ensureQueryData(queries.groups())])
}

const columns: readonly Column<User>[] = [
  {
    name: 'Name',
    width: 'md:w-[28%]',
    cell: (row) => (
      <span className="flex items-center gap-2">
        <Avatar name={row.name || row.email} />
        <Link {...paths.person(row.id)} data-row className={`${rowLink} truncate`}>
          {row.name || row.email}
        </Link>
      </span>
    ),
  },
  { name: 'Email', extra: true, cell: (row) => <span className="text-n11">{row.email}</span> },
  {
    name: 'Roles',
    width: 'w-56',
    extra: true,
    cell: (row) => row.roles.map((role) => roleNames[role] ?? role).join(', '),
  },
  {
    name: 'State',
    width: 'w-32',
    cell: (row) =>
      row.status === 'active' ? (
        <Status meaning="good">Active</Status>
      ) : (
        <Status meaning="none">Deactivated</Status>
      ),
  },
  {
    name: 'Added',
    width: 'w-28',
    end: true,
    extra: true,
    cell: (row) => (
      <span className="text-n11">
        <Time iso={row.created_at} />
      </span>
    ),
  },
]

type Search = {
  query?: string | undefined
  role?: string | undefined
  person?: string | undefined
  new?: string | undefined
}

export function PeoplePage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/people' })
  const me = useSuspenseQuery(queries.me()).data
  const all = useSuspenseQuery(queries.people()).data.data
  const set = (change: Search) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const rows = all.filter(
    (user) =>
      (search.role === undefined || user.roles.some((role) => role === search.role)) &&
      (search.query === undefined ||
        `${user.name} ${user.email}`.toLowerCase().includes(search.query.toLowerCase())),
  )
  const [showsRoles, setShowsRoles] = useState(false)
  const open = all.find((user) => user.id === search.person)
  const why = me.capabilities.includes('people.write') ? undefined : 'Your role may not add people'
  const add = (
    <Button look="primary" icon={<UserPlus aria-hidden="true" />} why={why} onClick={() => set({ new: '1' })}>
      Add person
    </Button>
  )
  return (
    <>
      <PageHead
        title="People"
        purpose="Who can sign in, and what their roles let them manage. Tools are granted by policies, not by roles."
        actions={
          <>
            <Button onClick={() => setShowsRoles(true)}>What roles may do</Button>
            {add}
          </>
        }
      />
      <Toolbar>
        <SearchBox label="Search people" value={search.query} onChange={(query) => set({ query })} />
        <FilterSelect
          label="Role"
          value={search.role}
          options={Object.entries(roleNames).map(([value, label]) => ({ value, label }))}
          onChange={(role) => set({ role })}
        />
        {search.role !== undefined && (
          <FilterChip
            name="Role"
            value={roleNames[search.role] ?? search.role}
            onRemove={() => set({ role: undefined })}
          />
        )}
      </Toolbar>
      {rows.length === 0 ? (
        <p className="py-10 text-center text-13 text-n11">Nobody fits this search.</p>
      ) : (
        <Table label="People" columns={columns} rows={rows} id={(row) => row.id} selected={search.person} />
      )}
      {all.length === 1 && rows.length === 1 && (
        <Empty icon={<UserRound />} title="You are alone here">
          Add the people who should use tools. Put them into groups, so that one rule can speak of many.
        </Empty>
      )}
      {search.new !== undefined && (
        <PersonForm
          me={me}
          onClose={() => set({ new: undefined })}
          onDone={(person) => set({ new: undefined, person })}
        />
      )}
      {showsRoles && <RoleMatrix onClose={() => setShowsRoles(false)} />}
      {open !== undefined && <PersonDrawer user={open} me={me} onClose={() => set({ person: undefined })} />}
    </>
  )
}
