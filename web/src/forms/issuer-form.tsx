import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { useChange } from '../components/use-change.ts'
import { CheckField } from '../ui/choice.tsx'
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
    <FormDialog title="Trust an issuer" verb="Trust issuer" why={why} change={create} onClose={onClose}>
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
    </FormDialog>
  )
}
