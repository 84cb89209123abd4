import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx.ts'
import { Tip } from './tip.tsx'

type Look = 'primary' | 'plain' | 'quiet' | 'danger'

const looks: Record<Look, string> = {
  primary: 'bg-n12 text-n1 border-transparent hover:bg-n11',
  plain: 'bg-raised text-n12 border-n6 hover:bg-n3 hover:border-n7',
  quiet: 'bg-transparent text-n11 border-transparent hover:bg-n4 hover:text-n12',
  danger: 'bg-raised text-danger border-n6 hover:bg-danger-soft hover:border-danger',
}

export function buttonClass(look: Look = 'plain', size: 'small' | 'normal' = 'normal'): string {
  return cx(
    'inline-flex shrink-0 items-center justify-center gap-1.5 rounded border text-13 font-medium whitespace-nowrap transition-colors duration-120 [&_svg]:size-3.5 [&_svg]:shrink-0',
    size === 'normal' ? 'h-8 px-3' : 'h-7 px-2',
    looks[look],
  )
}

type Props = Omit<ComponentProps<'button'>, 'disabled'> & {
  look?: Look
  size?: 'small' | 'normal'
  /** Why it cannot be pressed now. It stays focusable, so that a keyboard can reach the reason. */
  why?: string | undefined
  busy?: boolean
  icon?: ReactNode
}

export function Button({
  look = 'plain',
  size = 'normal',
  why,
  busy,
  icon,
  className,
  children,
  onClick,
  type,
  ...rest
}: Props) {
  const off = why !== undefined || busy === true
  const button = (
    <button
      {...rest}
      type={type ?? 'button'}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      className={cx(buttonClass(look, size), off && 'cursor-default opacity-60', className)}
      onClick={(event) => {
        if (off) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {icon}
      {children}
      {busy === true && <span className="sr-only"> (working)</span>}
    </button>
  )
  return why === undefined ? button : <Tip text={why}>{button}</Tip>
}

/** A square button that shows only an icon; its label is read out and shown on hover. */
export function IconButton({
  label,
  children,
  className,
  ...rest
}: Omit<ComponentProps<'button'>, 'disabled'> & { label: string }) {
  return (
    <Tip text={label} label>
      <button
        type="button"
        {...rest}
        aria-label={label}
        className={cx(
          'inline-flex size-7 shrink-0 items-center justify-center rounded text-n11 transition-colors duration-120 hover:bg-n4 hover:text-n12 [&_svg]:size-4',
          className,
        )}
      >
        {children}
      </button>
    </Tip>
  )
}
