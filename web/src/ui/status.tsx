import type { ReactNode } from 'react'
import { cx } from './cx.ts'

export type Meaning = 'good' | 'warning' | 'danger' | 'info' | 'none'

const dots: Record<Meaning, string> = {
  good: 'bg-good',
  warning: 'bg-warning',
  danger: 'bg-danger',
  info: 'bg-info',
  none: 'bg-transparent ring-1 ring-inset ring-n9',
}

/** A state: a dot and a word, never colour alone. */
export function Status({ meaning, children }: { meaning: Meaning; children: ReactNode }) {
  return (
    <span className="inline-flex h-5 items-center gap-1.5 align-bottom whitespace-nowrap">
      <span aria-hidden="true" className={cx('size-2 shrink-0 rounded-full', dots[meaning])} />
      {children}
    </span>
  )
}

const badges: Record<Meaning, string> = {
  good: 'bg-good-soft text-good',
  warning: 'bg-warning-soft text-warning',
  danger: 'bg-danger-soft text-danger',
  info: 'bg-info-soft text-info',
  none: 'bg-n4 text-n11',
}

export function Badge({ meaning = 'none', children }: { meaning?: Meaning; children: ReactNode }) {
  return (
    <span
      className={cx(
        'inline-flex h-5 items-center gap-1 rounded-sm align-bottom px-1.5 text-12 font-medium whitespace-nowrap [&_svg]:size-3',
        badges[meaning],
      )}
    >
      {children}
    </span>
  )
}
