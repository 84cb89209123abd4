import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { overRow } from '../ui/table.tsx'

/** What can be done with one row of a table. `label` also says with which, for those who do not see the row. */
export function RowButton(props: { label: string; onPress(): void; children: ReactNode }) {
  return (
    <span className={overRow}>
      <Button size="small" look="quiet" data-row aria-label={props.label} onClick={props.onPress}>
        {props.children}
      </Button>
    </span>
  )
}
