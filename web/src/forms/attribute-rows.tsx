import { Plus, X } from 'lucide-react'
import { useId } from 'react'
import { Button, IconButton } from '../ui/button.tsx'
import type { AttributeDraft } from './attribute-draft.ts'

const input = 'h-8 rounded border border-n8 bg-raised px-2 text-13 hover:border-n9'

/** Names with the values that count, one pair a line. `names` are those in use already. */
export function AttributeRows({
  rows,
  names,
  onChange,
}: {
  rows: readonly AttributeDraft[]
  names: readonly string[]
  onChange(rows: AttributeDraft[]): void
}) {
  const list = useId()
  const set = (key: number, change: Partial<AttributeDraft>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...change } : row)))
  return (
    <div className="grid justify-items-start gap-2">
      <datalist id={list}>
        {[...new Set(['department', 'title', 'manager', ...names])].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {rows.map((row, index) => (
        <div key={row.key} className="flex flex-wrap items-center gap-2">
          <input
            aria-label={`Attribute ${index + 1} name`}
            placeholder="department"
            list={list}
            value={row.name}
            onChange={(event) => set(row.key, { name: event.target.value })}
            className={`${input} w-36`}
          />
          <input
            aria-label={`Attribute ${index + 1} values`}
            placeholder="Finance; Legal"
            value={row.values}
            onChange={(event) => set(row.key, { values: event.target.value })}
            className={`${input} w-52`}
          />
          <IconButton
            label={`Remove attribute ${index + 1}`}
            onClick={() => onChange(rows.filter((other) => other.key !== row.key))}
          >
            <X />
          </IconButton>
        </div>
      ))}
      <Button
        size="small"
        icon={<Plus aria-hidden="true" />}
        onClick={() =>
          onChange([...rows, { key: Math.max(-1, ...rows.map(({ key }) => key)) + 1, name: '', values: '' }])
        }
      >
        Add attribute
      </Button>
    </div>
  )
}
