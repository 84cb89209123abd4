import type { Role } from '../api/shapes.ts'
import { roleNames } from '../components/use-names.ts'
import { cx } from '../ui/cx.ts'

const meanings: readonly (readonly [Role, string])[] = [
  ['super_admin', 'Everything'],
  ['security_admin', 'Policies, audit with bodies, tool review'],
  ['it_admin', 'Connectors, policies, people'],
  ['analytics_admin', 'Audit and export'],
  ['developer', 'Reads connectors'],
  ['helpdesk', 'Reads people, policies and audit'],
  ['user', 'Own keys, connections and audit'],
]

export function RoleChoice({
  value,
  onChange,
  why,
}: {
  value: readonly Role[]
  onChange(roles: Role[]): void
  why: string | undefined
}) {
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1.5 text-13 font-medium">Roles</legend>
      {why !== undefined && <p className="text-12 text-n11">{why}.</p>}
      {meanings.map(([role, meaning]) => (
        <label
          key={role}
          className={cx('flex items-center gap-2 py-0.5 text-13', why !== undefined && 'opacity-70')}
        >
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={value.includes(role)}
            disabled={why !== undefined}
            onChange={(event) =>
              onChange(event.target.checked ? [...value, role] : value.filter((other) => other !== role))
            }
          />
          <span className="w-28 shrink-0">{roleNames[role]}</span>
          <span className="text-12 text-n11">{meaning}</span>
        </label>
      ))}
    </fieldset>
  )
}
