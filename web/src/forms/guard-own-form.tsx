import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Connector, GuardAction, GuardSettings, OwnGuardSettings } from '../api/shapes.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/field.tsx'
import { scannerRows, sensitivities } from './guard-draft.ts'
import { ScannerSelect } from './guard-form.tsx'

type Props = { connector: Connector; global: GuardSettings; why: string | undefined }

/** What one connector has of its own. */
export function GuardOwnForm(props: Props) {
  const known = useQuery(queries.serverGuardSettings(props.connector.id)).data
  if (known === undefined) return null
  return <Loaded key={JSON.stringify(known.own)} {...props} own={known.own} />
}

function Loaded({ connector, global, why, own }: Props & { own: OwnGuardSettings }) {
  const [sensitivity, setSensitivity] = useState<string>(own.sensitivity ?? '')
  const [actions, setActions] = useState<Record<string, string>>(own.actions ?? {})
  const params = { id: connector.id }
  const save = useChange({
    run: () =>
      api.call('updateServerGuardSettings', {
        params,
        body: {
          ...(sensitivity === '' ? {} : { sensitivity: sensitivity as GuardSettings['sensitivity'] }),
          actions: Object.fromEntries(
            Object.entries(actions).filter((entry): entry is [string, GuardAction] => entry[1] !== ''),
          ),
        },
      }),
    done: `${connector.name} has settings of its own`,
  })
  const reset = useChange({
    run: () => api.call('deleteServerGuardSettings', { params }),
    done: `${connector.name} follows the others again`,
    loud: true,
  })
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(undefined)
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="Sensitivity"
          value={sensitivity}
          onChange={(event) => setSensitivity(event.target.value)}
          options={[{ value: '', label: `As everywhere (${global.sensitivity})` }, ...sensitivities]}
        />
        {scannerRows.map((row) => (
          <ScannerSelect
            key={row.name}
            row={row}
            value={actions[row.name] ?? ''}
            inherited={global.actions[row.name] ?? 'alert'}
            onChange={(action) => setActions({ ...actions, [row.name]: action })}
          />
        ))}
      </div>
      {save.isError && <TroubleNote error={save.error} />}
      <div className="flex gap-2">
        <Button look="primary" type="submit" why={why} busy={save.isPending}>
          Save for {connector.name}
        </Button>
        <Button why={why} busy={reset.isPending} onClick={() => reset.mutate(undefined)}>
          Follow the others
        </Button>
      </div>
    </form>
  )
}
