import type { ReactNode } from 'react'
import { useId } from 'react'
import { cx } from './cx.ts'

export type Choice<Value extends string> = { value: Value; label: string; hint?: string }

/** Radio buttons drawn as cards; arrow keys move between them as the browser does. */
export function ChoiceCards<Value extends string>(props: {
  legend: string
  value: Value
  options: readonly Choice<Value>[]
  onChange(value: Value): void
}) {
  const name = useId()
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1.5 text-13 font-medium">{props.legend}</legend>
      <div className="grid gap-2 sm:grid-flow-col sm:auto-cols-fr">
        {props.options.map((option) => (
          <label
            key={option.value}
            className={cx(
              'flex cursor-pointer items-start gap-2.5 rounded border p-3 transition-colors duration-120 has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent',
              option.value === props.value
                ? 'border-accent bg-accent-soft'
                : 'border-n6 bg-raised hover:border-n8',
            )}
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === props.value}
              onChange={() => props.onChange(option.value)}
              className="mt-0.5 size-4 shrink-0 accent-accent outline-none"
            />
            <span className="grid content-start">
              <span className="text-13 font-medium">{option.label}</span>
              {option.hint !== undefined && <span className="text-12 text-n11">{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** A small choice among two or three, side by side. */
export function Segments<Value extends string>(props: {
  legend: string
  value: Value
  options: readonly Choice<Value>[]
  onChange(value: Value): void
}) {
  const name = useId()
  return (
    <fieldset className="inline-flex justify-self-start rounded border border-n6 bg-n3 p-0.5">
      <legend className="sr-only">{props.legend}</legend>
      {props.options.map((option) => (
        <label
          key={option.value}
          className={cx(
            'inline-flex h-6.5 cursor-pointer items-center rounded-sm px-2.5 text-13 has-focus-visible:outline-2 has-focus-visible:outline-accent',
            option.value === props.value
              ? 'bg-raised font-medium text-n12 ring-1 ring-n6'
              : 'text-n11 hover:text-n12',
          )}
        >
          <input
            type="radio"
            name={name}
            className="sr-only"
            checked={option.value === props.value}
            onChange={() => props.onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  )
}

export function CheckField(props: {
  label: string
  hint?: ReactNode
  checked: boolean
  onChange(checked: boolean): void
}) {
  const id = useId()
  return (
    <div className="flex gap-2.5">
      <input
        id={id}
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.target.checked)}
        aria-describedby={props.hint === undefined ? undefined : `${id}-hint`}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <div className="grid">
        <label htmlFor={id} className="text-13 font-medium">
          {props.label}
        </label>
        {props.hint !== undefined && (
          <p id={`${id}-hint`} className="text-12 text-n10">
            {props.hint}
          </p>
        )}
      </div>
    </div>
  )
}
