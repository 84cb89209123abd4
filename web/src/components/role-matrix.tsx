import { queryOptions, useQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import { Drawer } from '../ui/drawer.tsx'
import { TroubleNote } from './trouble-note.tsx'
import { roleNames } from './use-names.ts'

const roles = queryOptions({
  queryKey: ['roles'],
  queryFn: () => api.call('listRoles'),
  staleTime: Number.POSITIVE_INFINITY,
})

/** What each role may do, as the server enforces it. */
export function RoleMatrix({ onClose }: { onClose(): void }) {
  const { data, error } = useQuery(roles)
  return (
    <Drawer
      title="What roles may do"
      subtitle="Read from the table that every check uses. Roles never decide about calls of tools: policies do."
      onClose={onClose}
    >
      <TroubleNote error={error} />
      <ul className="grid gap-4" aria-label="Roles">
        {(data?.data ?? []).map((row) => (
          <li key={row.role} className="grid gap-1 text-13">
            <h3 className="font-medium">{row.title}</h3>
            <p className="text-n11">{row.description}</p>
            {row.capabilities.length > 0 && (
              <p className="flex flex-wrap gap-1">
                {row.capabilities.map((capability) => (
                  <code key={capability} className="rounded bg-n3 px-1 font-mono text-12">
                    {capability}
                  </code>
                ))}
              </p>
            )}
            {row.not_with.length > 0 && (
              <p className="text-12 text-n11">
                Not together with {row.not_with.map((role) => roleNames[role] ?? role).join(' or ')}.
              </p>
            )}
          </li>
        ))}
      </ul>
    </Drawer>
  )
}
