import type { ReactNode } from 'react'
import { cx } from './cx.ts'

export type Column<Row> = {
  name: string
  /** Tailwind width class, or none to share what is left. */
  width?: string
  end?: boolean
  /** Left out on narrow screens. */
  extra?: boolean
  cell(row: Row): ReactNode
}

/**
 * Rows of 36 px. The first column holds the row's link; j and k move between the links (see `useListKeys`),
 * and a click anywhere in the row follows it.
 */
export function Table<Row>(props: {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  id(row: Row): string
  selected?: string | undefined
}) {
  return (
    <div className="min-w-0 overflow-x-auto rounded border border-n5 bg-raised">
      <table className="w-full text-13" aria-label={props.label}>
        <thead>
          <tr className="border-b border-n5 text-left text-12 text-n10">
            {props.columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                className={cx(
                  'h-8 px-3 font-medium',
                  column.width,
                  column.end === true && 'text-right',
                  column.extra === true && 'max-md:hidden',
                )}
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr
              key={props.id(row)}
              className={cx(
                'group relative border-b border-n5 transition-colors duration-120 last:border-b-0 hover:bg-n2',
                props.id(row) === props.selected && 'bg-accent-soft hover:bg-accent-soft',
              )}
            >
              {props.columns.map((column) => (
                <td
                  key={column.name}
                  className={cx(
                    'h-9 max-w-0 truncate px-3 py-1',
                    column.width,
                    column.end === true && 'text-right',
                    column.extra === true && 'max-md:hidden',
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Class of the link in a row: its hit area is the whole row. */
export const rowLink =
  'font-medium text-n12 outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent'
/** Class of controls in a row, which lie above the row's own link. */
export const overRow = 'relative z-10 inline-flex h-7 items-center align-bottom'
