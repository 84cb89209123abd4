import type { ComponentProps, ReactNode } from 'react'
import { useId } from 'react'
import { cx } from './cx.ts'

const control =
  'w-full rounded border border-n8 bg-raised px-2.5 text-13 text-n12 transition-colors duration-120 hover:border-n9 aria-invalid:border-danger'

type Common = {
  label: string
  hint?: ReactNode
  error?: string | undefined
  /** The label is read out but not drawn, where the place already says what it is. */
  bare?: boolean
}

function Frame({
  id,
  label,
  hint,
  error,
  bare,
  optional,
  children,
}: Common & { id: string; optional?: boolean; children: ReactNode }) {
  return (
    <div className="grid content-start gap-1.5">
      <label
        htmlFor={id}
        className={bare === true ? 'sr-only' : 'flex items-baseline gap-2 text-13 font-medium'}
      >
        {label}
        {optional === true && <span className="text-12 font-normal text-n10">Optional</span>}
      </label>
      {children}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-12 text-n10">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className="text-12 text-danger">
          {error}
        </p>
      )}
    </div>
  )
}

function describedBy(id: string, hint: ReactNode, error: string | undefined): string | undefined {
  const ids = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`]
    .filter(Boolean)
    .join(' ')
  return ids === '' ? undefined : ids
}

export function TextField({
  label,
  hint,
  error,
  bare,
  mono,
  optional,
  ...input
}: Common & { mono?: boolean; optional?: boolean } & Omit<ComponentProps<'input'>, 'id'>) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error} bare={bare === true} optional={optional === true}>
      <input
        {...input}
        id={id}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, hint, error)}
        className={cx(control, 'h-8', mono === true && 'font-mono')}
      />
    </Frame>
  )
}

export function TextArea({
  label,
  hint,
  error,
  bare,
  mono,
  optional,
  className,
  ...input
}: Common & { mono?: boolean; optional?: boolean } & Omit<ComponentProps<'textarea'>, 'id'>) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error} bare={bare === true} optional={optional === true}>
      <textarea
        rows={3}
        spellCheck={false}
        {...input}
        id={id}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, hint, error)}
        className={cx(control, 'py-1.5 leading-5', mono === true && 'font-mono', className)}
      />
    </Frame>
  )
}

export type Option = { value: string; label: string }

export function SelectField({
  label,
  hint,
  error,
  bare,
  options,
  ...input
}: Common & { options: readonly Option[] } & Omit<ComponentProps<'select'>, 'id'>) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error} bare={bare === true}>
      <select
        {...input}
        id={id}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={describedBy(id, hint, error)}
        className={cx(control, 'h-8 pr-7')}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Frame>
  )
}
