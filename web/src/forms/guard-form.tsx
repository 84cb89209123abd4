import { useState } from 'react'
import { api } from '../api/client.ts'
import type { GuardAction, GuardSettings } from '../api/shapes.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { CheckField, ChoiceCards } from '../ui/choice.tsx'
import { SelectField } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { actionWords, draftOf, type ScannerRow, scannerRows, sensitivities } from './guard-draft.ts'

/** One scanner with its action. `inherited`: what holds where nothing of its own is chosen. */
export function ScannerSelect(props: {
  row: ScannerRow
  value: string
  inherited?: GuardAction | undefined
  onChange(value: string): void
}) {
  const { row, inherited } = props
  return (
    <SelectField
      label={row.label}
      hint={row.about}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
      options={[
        ...(inherited === undefined
          ? []
          : [{ value: '', label: `As everywhere (${actionWords[inherited].toLowerCase()})` }]),
        ...row.actions.map((action) => ({ value: action, label: actionWords[action] })),
      ]}
    />
  )
}

/** How strict the guards are for every connector. */
export function GuardForm({ settings, why }: { settings: GuardSettings; why: string | undefined }) {
  const [draft, setDraft] = useState(() => draftOf(settings))
  const save = useChange({
    run: () => api.call('updateGuardSettings', { body: draft }),
    done: 'Guard settings saved; they hold from the next call',
  })
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change })
  return (
    <form
      className="grid gap-6"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(undefined)
      }}
    >
      <ChoiceCards
        legend="Sensitivity"
        value={draft.sensitivity}
        options={sensitivities}
        onChange={(sensitivity) => set({ sensitivity })}
      />
      <Section title="What happens when a scanner speaks" about="Alert records it and lets it through.">
        <div className="grid gap-4 sm:grid-cols-2">
          {scannerRows.map((row) => (
            <ScannerSelect
              key={row.name}
              row={row}
              value={draft.actions[row.name] ?? 'alert'}
              onChange={(action) => set({ actions: { ...draft.actions, [row.name]: action as GuardAction } })}
            />
          ))}
        </div>
      </Section>
      <CheckField
        label="Block what is beyond doubt"
        hint="An alert becomes a block where a rule and the score agree at 98 % or more."
        checked={draft.block_when_certain}
        onChange={(certain) => set({ block_when_certain: certain })}
      />
      <CheckField
        label="A block ends the conversation"
        hint="Every later call of the same session is refused for half an hour, not only the one that was blocked."
        checked={draft.end_session}
        onChange={(ends) => set({ end_session: ends })}
      />
      {save.isError && <TroubleNote error={save.error} />}
      <div>
        <Button look="primary" type="submit" why={why} busy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  )
}
