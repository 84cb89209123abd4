import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from './cx.ts'

const kinds = {
  good: { icon: CircleCheck, look: 'bg-good-soft text-good' },
  warning: { icon: TriangleAlert, look: 'bg-warning-soft text-warning' },
  danger: { icon: CircleAlert, look: 'bg-danger-soft text-danger' },
  info: { icon: Info, look: 'bg-info-soft text-info' },
} as const

/** `live`: it appeared because of what the person just did, so it is read out. */
export function Note({
  kind,
  title,
  live,
  children,
}: {
  kind: keyof typeof kinds
  title: string
  live?: boolean
  children?: ReactNode
}) {
  const { icon: Icon, look } = kinds[kind]
  return (
    <div
      role={live === true ? (kind === 'danger' ? 'alert' : 'status') : undefined}
      className={cx('flex gap-2.5 rounded p-3', look)}
    >
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
      <div className="grid min-w-0 flex-1 gap-1">
        <p className="text-13 font-medium">{title}</p>
        {children !== undefined && (
          <div className="grid gap-1 text-13 text-n12 wrap-anywhere">{children}</div>
        )}
      </div>
    </div>
  )
}
