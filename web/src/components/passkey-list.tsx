import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { canUsePasskeys, makePasskey, passkeyTrouble } from '../lib/passkey.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'
import { TroubleNote } from './trouble-note.tsx'
import { useChange } from './use-change.ts'

export function PasskeyList() {
  const { passkeys, passkeys_offered: offered } = useSuspenseQuery(queries.security()).data
  const [adding, setAdding] = useState(false)
  const remove = useChange({
    run: (id: string) => api.call('deletePasskey', { params: { id } }),
    done: 'Passkey removed',
    loud: true,
  })
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
                onClick={() => remove.mutate(passkey.id)}
              >
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {adding && <AddPasskey onClose={() => setAdding(false)} />}
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
  const why = name.trim() === '' ? 'Give it a name first' : undefined
  return (
    <Dialog title="Add passkey" about="Your device will ask you to confirm." onClose={onClose}>
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (why === undefined) add.mutate(undefined)
        }}
      >
        <TextField
          label="Name"
          placeholder="My laptop"
          autoComplete="off"
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TroubleNote error={add.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={add.isPending} why={why}>
            Add passkey
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
