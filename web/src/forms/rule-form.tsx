import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import { KeepInput } from '../components/keep-input.tsx'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { ConditionRows } from './rule-conditions.tsx'
import { blankRule, missingIn, type RuleDraft, ruleBody } from './rule-draft.ts'
import { PrincipalPart, ScopePart, WordSelect } from './rule-parts.tsx'
import { RulePreview } from './rule-preview.tsx'

/** An access rule, written as a sentence. `server` fixes the connector. */
export function RuleForm({ server, onDone }: { server: string | undefined; onDone(): void }) {
  const [start] = useState(() => blankRule(server))
  const [draft, setDraft] = useState(start)
  const set = (change: Partial<RuleDraft>) => setDraft((old) => ({ ...old, ...change }))
  const create = useChange({
    run: () => api.call('createPolicy', { body: ruleBody(draft) }),
    done: 'Rule is in force',
    after: onDone,
  })
  const missing = missingIn(draft)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (missing === undefined) create.mutate(undefined)
  }
  return (
    <form onSubmit={submit} noValidate aria-label="New access rule" className="grid gap-5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-3 text-14">
        <WordSelect
          label="Effect"
          value={draft.effect}
          options={[
            { value: 'allow', label: 'Allow' },
            { value: 'deny', label: 'Deny' },
          ]}
          onChange={(effect) => set({ effect: effect as RuleDraft['effect'] })}
        />
        <PrincipalPart draft={draft} set={set} />
        <ScopePart draft={draft} set={set} isFixed={server !== undefined} />
      </div>
      <ConditionRows rows={draft.conditions} onChange={(conditions) => set({ conditions })} />
      <TextField
        label="Why this rule exists"
        optional
        value={draft.description}
        error={fieldError(create.error, 'description')}
        onChange={(event) => set({ description: event.target.value })}
      />
      <RulePreview draft={draft} />
      <KeepInput isEntered={draft !== start} />
      <TroubleNote error={create.error} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={create.isPending} why={missing}>
          Create rule
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </div>
    </form>
  )
}
