import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { NameField, nameMissing } from '../forms/name-field.tsx'
import { canUsePasskeys, makePasskey, passkeyTrouble } from '../lib/passkey.ts'
import { Button } from '../ui/button.tsx'
import { Section } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'
import { ConfirmChange } from './confirm-change.tsx'
import { FormDialog } from './form-dialog.tsx'
import { useChange } from './use-change.ts'

export function PasskeyList() {
  const { passkeys, passkeys_offered: offered } = useSuspenseQuery(queries.security()).data
  const [adding, setAdding] = useState(false)
  const [ending, setEnding] = useState<(typeof passkeys)[number]>()
  const why = !offered
    ? 'Passkeys need an address with a name, not a bare IP address'
    : canUsePasskeys()
      ? undefined
      : 'This browser cannot make passkeys'
  return (
    <Section
      title="Passkeys"
      about="Your device signs you in with your fingerprint, face or PIN. No page that looks like this one can use it."
      actions={
        <Button why={why} onClick={() => setAdding(true)}>
          Add passkey
        </Button>
      }
    >
      {passkeys.length > 0 && (
        <ul className="grid gap-1">
          {passkeys.map((passkey) => (
            <li key={passkey.id} className="flex items-center gap-3 text-13">
              <span className="min-w-0 flex-1 truncate font-medium">{passkey.name}</span>
              <span className="text-n11">
                {passkey.last_used_at === null ? (
                  'Never used'
                ) : (
                  <>
                    Used <Time iso={passkey.last_used_at} />
                  </>
                )}
              </span>
              <Button
                size="small"
                look="quiet"
                aria-label={`Remove ${passkey.name}`}
                onClick={() => setEnding(passkey)}
              >
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {adding && <AddPasskey onClose={() => setAdding(false)} />}
      {ending !== undefined && (
        <ConfirmChange
          title={`Remove ${ending.name}`}
          about="It signs you in no longer. The device keeps its half, which is of no use then; to use the device again, add a new passkey."
          verb="Remove passkey"
          run={() => api.call('deletePasskey', { params: { id: ending.id } })}
          done="Passkey removed"
          onClose={() => setEnding(undefined)}
        />
      )}
    </Section>
  )
}

function AddPasskey({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('')
  const add = useChange({
    run: async () => {
      const { state, options } = await api.call('getPasskeyQuestion')
      const response = await makePasskey(options).catch((error: unknown) => {
        throw passkeyTrouble(error)
      })
      return api.call('createPasskey', { body: { name: name.trim(), state, response } })
    },
    done: 'Passkey added',
    after: onClose,
  })
  return (
    <FormDialog
      title="Add passkey"
      about="Your device will ask you to confirm."
      verb="Add passkey"
      why={nameMissing(name)}
      change={add}
      onClose={onClose}
    >
      <NameField placeholder="My laptop" value={name} error={add.error} onChange={setName} />
    </FormDialog>
  )
}
