import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Plus, Users } from 'lucide-react'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Group } from '../api/shapes.ts'
import { SearchBox, Toolbar } from '../components/filters.tsx'
import { GroupDrawer, membersOf } from '../components/group-drawer.tsx'
import { GroupForm } from '../forms/group-form.tsx'
import { paths } from '../paths.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Empty, PageHead } from '../ui/page.tsx'
import { type Column, rowLink, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/shell/groups')

export async function loader(): Promise<void> {
  await Promise.all([cache.ensureQueryData(queries.groups()), cache.ensureQueryData(queries.people())])
}

const columns: readonly Column<Group>[] = [
  {
    name: 'Name',
    cell: (row) => (
      <span className="flex items-center gap-2">
        <Avatar name={row.name} group />
        <Link {...paths.group(row.id)} data-row className={`${rowLink} truncate`}>
          {row.name}
        </Link>
      </span>
    ),
  },
  { name: 'Members', width: 'w-28', end: true, cell: (row) => membersOf(row).length },
  {
    name: 'Created',
    width: 'w-28',
    end: true,
    cell: (row) => (
      <span className="text-n11">
        <Time iso={row.created_at} />
      </span>
    ),
  },
]

export function GroupsPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/groups' })
  const me = useSuspenseQuery(queries.me()).data
  const all = useSuspenseQuery(queries.groups()).data.data
  const set = (change: {
    query?: string | undefined
    group?: string | undefined
    new?: string | undefined
  }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const rows = all.filter(
    (group) => search.query === undefined || group.name.toLowerCase().includes(search.query.toLowerCase()),
  )
  const open = all.find((group) => group.id === search.group)
  const add = (
    <Button
      look="primary"
      icon={<Plus aria-hidden="true" />}
      why={me.capabilities.includes('people.write') ? undefined : 'Your role may not make groups'}
      onClick={() => set({ new: '1' })}
    >
      New group
    </Button>
  )
  return (
    <>
      <PageHead
        title="Groups"
        purpose="People under one name, so that one rule can speak of many."
        actions={all.length > 0 && add}
      />
      {all.length === 0 ? (
        <Empty icon={<Users />} title="No groups yet" action={add}>
          Rules that name a group keep up by themselves: whoever joins may use what the group may, whoever
          leaves may not.
        </Empty>
      ) : (
        <>
          <Toolbar>
            <SearchBox label="Search groups" value={search.query} onChange={(query) => set({ query })} />
          </Toolbar>
          {rows.length === 0 ? (
            <p className="py-10 text-center text-13 text-n11">No group fits this search.</p>
          ) : (
            <Table
              label="Groups"
              columns={columns}
              rows={rows}
              id={(row) => row.id}
              selected={search.group}
            />
          )}
        </>
      )}
      {search.new !== undefined && <GroupForm onClose={() => set({ new: undefined })} />}
      {open !== undefined && <GroupDrawer group={open} me={me} onClose={() => set({ group: undefined })} />}
    </>
  )
}
