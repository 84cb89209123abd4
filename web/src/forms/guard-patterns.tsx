import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { SelectField, TextField } from '../ui/field.tsx'

const sides = [
  { value: 'both', label: 'Arguments and answers' },
  { value: 'arguments', label: 'Arguments' },
  { value: 'answers', label: 'Answers' },
] as const
type Side = (typeof sides)[number]['value']

/** What administrators forbid themselves: the list, and a form for one more. */
export function GuardPatterns({ why }: { why: string | undefined }) {
  const patterns = useQuery(queries.guardPatterns()).data?.data ?? []
  const [ending, setEnding] = useState<(typeof patterns)[number]>()
  return (
    <div className="grid gap-4">
      {patterns.length > 0 && (
        <ul className="grid gap-2" aria-label="Patterns">
          {patterns.map((each) => (
            <li key={each.id} className="flex flex-wrap items-center justify-between gap-2 text-13">
              <span className="grid gap-0.5">
                <span className="font-medium">{each.name}</span>
                <span className="text-n11">
                  <code className="font-mono text-12 wrap-anywhere">{each.pattern}</code> in{' '}
                  {sides.find(({ value }) => value === each.looks_at)?.label.toLowerCase()}
                </span>
              </span>
              <Button why={why} onClick={() => setEnding(each)}>
                Remove<span className="sr-only"> {each.name}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {ending !== undefined && (
        <ConfirmChange
          title={`Remove ${ending.name}`}
          about="What it found passes from the next call on, unless another check finds it. You can add the pattern again."
          verb="Remove pattern"
          run={() => api.call('deleteGuardPattern', { params: { id: ending.id } })}
          done="Pattern removed"
          onClose={() => setEnding(undefined)}
        />
      )}
      <NewPattern why={why} />
    </div>
  )
}

function NewPattern({ why }: { why: string | undefined }) {
  const [draft, setDraft] = useState({ name: '', pattern: '', looks_at: 'both' as Side })
  const add = useChange({
    run: () => api.call('createGuardPattern', { body: draft }),
    done: 'Pattern added; it holds from the next call',
  })
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        add.mutate(undefined, { onSuccess: () => setDraft({ name: '', pattern: '', looks_at: 'both' }) })
      }}
    >
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField
          label="Name"
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.target.value })}
          required
        />
        <TextField
          label="Pattern"
          hint="A regular expression without look-around or references back."
          value={draft.pattern}
          onChange={(event) => setDraft({ ...draft, pattern: event.target.value })}
          required
        />
        <SelectField
          label="Looked for in"
          value={draft.looks_at}
          onChange={(event) => setDraft({ ...draft, looks_at: event.target.value as Side })}
          options={[...sides]}
        />
      </div>
      {add.isError && <TroubleNote error={add.error} />}
      <div>
        <Button type="submit" why={why} busy={add.isPending}>
          Add pattern
        </Button>
      </div>
    </form>
  )
}
