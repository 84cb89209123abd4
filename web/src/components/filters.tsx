import { Search, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '../ui/cx.ts'
import { Kbd } from '../ui/kbd.tsx'

/** The search of a list. What is typed goes to the URL, so that a found list can be shared. */
export function SearchBox(props: {
  label: string
  value: string | undefined
  narrow?: boolean
  onChange(value: string | undefined): void
}) {
  const { label, value, onChange } = props
  return (
    <div className={cx('relative w-full', props.narrow === true ? 'max-w-48' : 'max-w-80')}>
      <Search className="pointer-events-none absolute top-2 left-2.5 size-4 text-n10" aria-hidden="true" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        className="peer h-8 w-full rounded border border-n6 bg-raised pr-8 pl-8 text-13 hover:border-n8 [&::-webkit-search-cancel-button]:hidden"
      />
      <span
        className="pointer-events-none absolute top-1.5 right-1.5 peer-focus:hidden max-md:hidden"
        aria-hidden="true"
      >
        <Kbd>/</Kbd>
      </span>
    </div>
  )
}

/** A filter that holds, with a button that removes it. */
export function FilterChip({ name, value, onRemove }: { name: string; value: ReactNode; onRemove(): void }) {
  return (
    <span className="inline-flex h-7 items-center rounded border border-n6 bg-raised pl-2 text-12">
      <span className="text-n10">{name}</span>
      <span className="ml-1.5 max-w-56 truncate font-medium">{value}</span>
      <button
        type="button"
        aria-label={`Remove filter ${name}`}
        onClick={onRemove}
        className="ml-1 inline-flex h-full w-6 items-center justify-center rounded text-n10 hover:bg-n4 hover:text-n12"
      >
        <X className="size-3" aria-hidden="true" />
      </button>
    </span>
  )
}

/** A filter with few values, chosen in place. */
export function FilterSelect(props: {
  label: string
  value: string | undefined
  options: readonly { value: string; label: string }[]
  onChange(value: string | undefined): void
}) {
  return (
    <select
      aria-label={props.label}
      value={props.value ?? ''}
      onChange={(event) => props.onChange(event.target.value === '' ? undefined : event.target.value)}
      className="h-8 max-w-44 truncate rounded border border-n6 bg-raised px-2 pr-7 text-13 hover:border-n8"
    >
      <option value="">{props.label}: all</option>
      {props.options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  )
}

export function Toolbar({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center gap-2">{children}</div>
}
