import { Plus, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, IconButton } from './button.tsx'
import { cx } from './cx.ts'

type Keyed = { readonly key: number }

/** Lines of a form, with a way to add and to remove one. */
export function Rows<Row extends Keyed>(props: {
  /** What one line is: "Attribute". */
  what: string
  rows: readonly Row[]
  /** A line just added, without its key. */
  blank: Omit<Row, 'key'>
  /** How the parts of a line stand beside each other. */
  line: string
  onChange(rows: Row[]): void
  children(row: Row, set: (change: Partial<Row>) => void, index: number): ReactNode
}) {
  const { what, rows, onChange } = props
  const add = () => {
    const key = Math.max(-1, ...rows.map((row) => row.key)) + 1
    onChange([...rows, { ...props.blank, key } as Row])
  }
  return (
    <>
      {rows.map((row, index) => (
        <div key={row.key} className={cx('flex gap-2', props.line)}>
          {props.children(
            row,
            (change) => onChange(rows.map((old) => (old.key === row.key ? { ...old, ...change } : old))),
            index,
          )}
          <IconButton
            label={`Remove ${what.toLowerCase()} ${index + 1}`}
            onClick={() => onChange(rows.filter((other) => other.key !== row.key))}
          >
            <X />
          </IconButton>
        </div>
      ))}
      <Button size="small" icon={<Plus aria-hidden="true" />} onClick={add}>
        {`Add ${what.toLowerCase()}`}
      </Button>
    </>
  )
}
