import { Plus, X } from 'lucide-react'
import { Button, IconButton } from './button.tsx'

export type Pair = { key: number; name: string; value: string }

export function toPairs(record: Readonly<Record<string, string>>): Pair[] {
  return Object.entries(record).map(([name, value], key) => ({ key, name, value }))
}

/** Unnamed rows are left out; a later row of the same name wins. */
export function fromPairs(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(
    pairs.filter((pair) => pair.name.trim() !== '').map((pair) => [pair.name.trim(), pair.value]),
  )
}

const cell = 'h-8 w-full min-w-0 rounded border border-n8 bg-raised px-2.5 font-mono text-12 hover:border-n9'

export function Pairs(props: {
  legend: string
  hint: string
  noun: string
  /** What the empty fields show. */
  name?: string
  value?: string
  pairs: readonly Pair[]
  onChange(pairs: Pair[]): void
}) {
  const set = (key: number, change: Partial<Pair>) =>
    props.onChange(props.pairs.map((pair) => (pair.key === key ? { ...pair, ...change } : pair)))
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1.5 text-13 font-medium">{props.legend}</legend>
      {props.pairs.map((pair, index) => (
        <div key={pair.key} className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto] items-center gap-2">
          <input
            className={cell}
            aria-label={`${props.noun} ${index + 1} name`}
            placeholder={props.name ?? 'Name'}
            spellCheck={false}
            value={pair.name}
            onChange={(event) => set(pair.key, { name: event.target.value })}
          />
          <input
            className={cell}
            aria-label={`${props.noun} ${index + 1} value`}
            placeholder={props.value ?? 'Value or {PLACEHOLDER}'}
            spellCheck={false}
            autoComplete="off"
            value={pair.value}
            onChange={(event) => set(pair.key, { value: event.target.value })}
          />
          <IconButton
            label={`Remove ${props.noun.toLowerCase()} ${index + 1}`}
            onClick={() => props.onChange(props.pairs.filter((other) => other.key !== pair.key))}
          >
            <X />
          </IconButton>
        </div>
      ))}
      <div className="flex items-center gap-3">
        <Button
          size="small"
          icon={<Plus />}
          onClick={() =>
            props.onChange([
              ...props.pairs,
              { key: Math.max(-1, ...props.pairs.map((pair) => pair.key)) + 1, name: '', value: '' },
            ])
          }
        >
          {`Add ${props.noun.toLowerCase()}`}
        </Button>
        <p className="text-12 text-n10">{props.hint}</p>
      </div>
    </fieldset>
  )
}
