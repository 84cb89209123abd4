import { useQuery } from '@tanstack/react-query'
import * as queries from '../api/queries.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Picker } from '../ui/picker.tsx'

export function MemberPicker({
  value,
  onChange,
}: {
  value: readonly string[]
  onChange(ids: string[]): void
}) {
  const people = useQuery(queries.people()).data?.data ?? []
  return (
    <div className="grid gap-1.5">
      <span className="text-13 font-medium" aria-hidden="true">
        Members
      </span>
      <div>
        <Picker
          label="Members"
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
