import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { CheckField } from '../ui/choice.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Note } from '../ui/note.tsx'

const offered = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const
type Algorithm = (typeof offered)[number]

/** An identity provider whose assertions give tokens for its people. */
export function IssuerForm({ onClose }: { onClose(): void }) {
  const [issuer, setIssuer] = useState('')
  const [keys, setKeys] = useState('')
  const [algorithms, setAlgorithms] = useState<readonly Algorithm[]>(['ES256', 'RS256'])
  const [byEmail, setByEmail] = useState(false)
  const create = useChange({
    run: () =>
      api.call('createTrustedIssuer', {
        body: {
          issuer: issuer.trim(),
          jwks_uri: keys.trim(),
          algorithms: [...algorithms],
          link_by_email: byEmail,
        },
      }),
    done: 'Issuer trusted',
    after: onClose,
  })
  const isEmpty = issuer.trim() === '' || keys.trim() === ''
  const why = isEmpty
    ? 'Enter the issuer and the address of its keys first'
    : algorithms.length === 0
      ? 'Choose an algorithm first'
      : undefined
  return (
    <Dialog title="Trust an issuer" onClose={onClose}>
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (why === undefined) create.mutate(undefined)
        }}
      >
        <Note kind="warning" title="It speaks for people">
          <p>Whoever holds its keys can act as any person it is known to name, without asking them.</p>
        </Note>
        <TextField
          label="Issuer"
          hint="Exactly as it stands in the iss of its assertions."
          required
          mono
          type="url"
          autoComplete="off"
          value={issuer}
          error={fieldError(create.error, 'issuer')}
          onChange={(event) => setIssuer(event.target.value)}
        />
        <TextField
          label="Address of its keys"
          hint="Its jwks_uri."
          required
          mono
          type="url"
          autoComplete="off"
          value={keys}
          error={fieldError(create.error, 'jwks_uri')}
          onChange={(event) => setKeys(event.target.value)}
        />
        <fieldset className="grid gap-2">
          <legend className="pb-1.5 text-13 font-medium">Algorithms</legend>
          {offered.map((name) => (
            <CheckField
              key={name}
              label={name}
              checked={algorithms.includes(name)}
              onChange={(on) =>
                setAlgorithms((old) => (on ? [...old, name] : old.filter((other) => other !== name)))
              }
            />
          ))}
        </fieldset>
        <CheckField
          label="Find people by email"
          hint="For subjects that never signed in here and were never seen before, by a verified email."
          checked={byEmail}
          onChange={setByEmail}
        />
        <TroubleNote error={create.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} why={why}>
            Trust issuer
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
