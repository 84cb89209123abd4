import { useQuery } from '@tanstack/react-query'
import * as queries from '../api/queries.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Picker } from '../ui/picker.tsx'

export function MemberPicker({
  value,
  onChange,
  label = 'Members',
}: {
  value: readonly string[]
  onChange(ids: string[]): void
  label?: string
}) {
  const people = useQuery(queries.people()).data?.data ?? []
  return (
    <div className="grid gap-1.5">
      <span className="text-13 font-medium" aria-hidden="true">
        {label}
      </span>
      <div>
        <Picker
          label={label}
          placeholder="Choose people"
          many
          options={people.map((user) => ({
            value: user.id,
            label: user.name || user.email,
            hint: user.email,
            icon: <Avatar name={user.name || user.email} />,
          }))}
          value={value}
          onChange={onChange}
        />
      </div>
    </div>
  )
}
