import { Plus, X } from 'lucide-react'
import { useId } from 'react'
import { Button, IconButton } from '../ui/button.tsx'
import { type ConditionDraft, operators } from './rule-draft.ts'
import { WordSelect } from './rule-parts.tsx'

const fields = [
  'meta.request.ip',
  'meta.request.user_agent',
  'meta.client.name',
  'meta.subject.email',
  'meta.subject.roles',
  'meta.subject.attributes.department',
  'meta.server.name',
  'meta.time',
  'payload.',
]
const input = 'h-8 rounded border border-n8 bg-raised px-2 font-mono text-12 hover:border-n9'

export function ConditionRows({
  rows,
  onChange,
}: {
  rows: readonly ConditionDraft[]
  onChange(rows: ConditionDraft[]): void
}) {
  const list = useId()
  const set = (key: number, change: Partial<ConditionDraft>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...change } : row)))
  return (
    <div className="grid gap-2">
      <datalist id={list}>
        {fields.map((field) => (
          <option key={field} value={field} />
        ))}
      </datalist>
      {rows.map((row, index) => (
        <div key={row.key} className="flex flex-wrap items-center gap-2">
          <span className="w-10 text-14">{index === 0 ? 'when' : 'and'}</span>
          <input
            aria-label={`Condition ${index + 1} field`}
            placeholder="payload.table"
            list={list}
            value={row.field}
            onChange={(event) => set(row.key, { field: event.target.value })}
            className={`${input} w-52`}
          />
          <WordSelect
            label={`Condition ${index + 1} comparison`}
            value={row.operator}
            options={operators}
            onChange={(operator) => set(row.key, { operator })}
          />
          <input
            aria-label={`Condition ${index + 1} value`}
            placeholder="value"
            value={row.value}
            onChange={(event) => set(row.key, { value: event.target.value })}
            className={`${input} w-52`}
          />
          <IconButton
            label={`Remove condition ${index + 1}`}
            onClick={() => onChange(rows.filter((other) => other.key !== row.key))}
          >
            <X />
          </IconButton>
        </div>
      ))}
      <div className="flex items-center gap-3">
        <Button
          size="small"
          icon={<Plus aria-hidden="true" />}
          onClick={() =>
            onChange([
              ...rows,
              { key: Math.max(-1, ...rows.map((row) => row.key)) + 1, field: '', operator: 'eq', value: '' },
            ])
          }
        >
          Add condition
        </Button>
        {rows.some((row) => row.field.startsWith('payload.')) && (
          <p className="text-12 text-n11">
            The tool is listed if some arguments could pass; each call is judged by its own.
          </p>
        )}
      </div>
    </div>
  )
}
