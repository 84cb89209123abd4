import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { OutsideModel } from '../api/shapes.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { CheckField } from '../ui/choice.tsx'
import { SelectField, TextField } from '../ui/field.tsx'

type Props = { slot: OutsideModel['slot']; title: string; about: string; why: string | undefined }

/** One model outside that the guards may ask. */
export function OutsideModelForm(props: Props) {
  const known = useQuery(queries.outsideModel(props.slot)).data
  if (known === undefined) return null
  return <Loaded key={JSON.stringify(known)} {...props} known={known} />
}

function Loaded({ slot, title, about, why, known }: Props & { known: OutsideModel }) {
  const [draft, setDraft] = useState({ ...known, url: known.url ?? '', model: known.model ?? '', key: '' })
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change })
  const save = useChange({
    run: () =>
      api.call('updateOutsideModel', {
        params: { slot },
        body: {
          enabled: draft.enabled,
          url: draft.url,
          model: draft.model === '' ? null : draft.model,
          timeout_ms: draft.timeout_ms,
          when_down: draft.when_down,
          ...(draft.key === '' ? {} : { key: draft.key }),
        },
      }),
    done: `${title} saved; it holds from the next call`,
  })
  const [asking, setAsking] = useState(false)
  const test = useChange({ run: () => api.call('testOutsideModel', { params: { slot } }), loud: true })
  return (
    <form
      className="grid gap-4"
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(undefined)
      }}
    >
      <CheckField
        label={`Ask the ${title.toLowerCase()}`}
        hint={about}
        checked={draft.enabled}
        onChange={(enabled) => set({ enabled })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Address"
          type="url"
          required
          value={draft.url}
          onChange={(event) => set({ url: event.target.value })}
        />
        {slot === 'llm_judge' && (
          <TextField
            label="Model"
            required
            value={draft.model}
            onChange={(event) => set({ model: event.target.value })}
          />
        )}
        <TextField
          label="Key"
          type="password"
          autoComplete="off"
          hint={known.has_key ? 'One is stored; leave empty to keep it.' : 'Sent as a bearer token.'}
          value={draft.key}
          onChange={(event) => set({ key: event.target.value })}
        />
        <TextField
          label="Time limit in milliseconds"
          inputMode="numeric"
          value={String(draft.timeout_ms)}
          onChange={(event) => set({ timeout_ms: Number(event.target.value.replace(/\D/g, '')) })}
        />
        <SelectField
          label="When it does not answer"
          value={draft.when_down}
          onChange={(event) => set({ when_down: event.target.value as OutsideModel['when_down'] })}
          options={[
            { value: 'open', label: 'Let content through, with a warning' },
            { value: 'closed', label: 'Refuse content' },
          ]}
        />
      </div>
      {save.isError && <TroubleNote error={save.error} />}
      {test.isError && <TroubleNote error={test.error} />}
      {test.data !== undefined && (
        <p role="status" className={`text-13 ${test.data.works ? '' : 'text-warning'}`}>
          {test.data.message} ({test.data.duration_ms} ms)
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" why={why} busy={save.isPending}>
          Save the {title.toLowerCase()}
        </Button>
        {known.url !== null && (
          <Button why={why} busy={test.isPending} onClick={() => test.mutate(undefined)}>
            Test it
          </Button>
        )}
        {known.url !== null && (
          <Button why={why} onClick={() => setAsking(true)}>
            Forget it
          </Button>
        )}
      </div>
      {asking && (
        <ConfirmChange
          title={`Forget the ${title.toLowerCase()}`}
          about="Its address and key are forgotten, and it is asked no longer from the next call on."
          verb="Forget it"
          run={() => api.call('deleteOutsideModel', { params: { slot } })}
          done={`${title} is asked no longer`}
          onClose={() => setAsking(false)}
        />
      )}
    </form>
  )
}
