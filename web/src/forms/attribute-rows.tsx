import { useId } from 'react'
import { Rows } from '../ui/rows.tsx'
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
  return (
    <div className="grid justify-items-start gap-2">
      <datalist id={list}>
        {[...new Set(['department', 'title', 'manager', ...names])].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Rows
        what="Attribute"
        rows={rows}
        blank={{ name: '', values: '' }}
        line="flex-wrap items-center"
        onChange={onChange}
      >
        {(row, set, index) => (
          <>
            <input
              aria-label={`Attribute ${index + 1} name`}
              placeholder="department"
              list={list}
              value={row.name}
              onChange={(event) => set({ name: event.target.value })}
              className={`${input} w-36`}
            />
            <input
              aria-label={`Attribute ${index + 1} values`}
              placeholder="Finance; Legal"
              value={row.values}
              onChange={(event) => set({ values: event.target.value })}
              className={`${input} w-52`}
            />
          </>
        )}
      </Rows>
    </div>
  )
}
