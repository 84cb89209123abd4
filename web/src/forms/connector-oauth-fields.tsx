import { fieldError } from '../api/errors.ts'
import { Segments } from '../ui/choice.tsx'
import { TextField } from '../ui/field.tsx'
import type { ConnectorDraft, OAuthText } from './connector-draft.ts'

const fields: readonly { name: OAuthText; label: string; hint: string }[] = [
  {
    name: 'client_id',
    label: 'Client id',
    hint: 'Leave empty to register automatically. Give it where the provider registers no clients by itself.',
  },
  {
    name: 'client_secret',
    label: 'Client secret',
    hint: 'Sealed at rest. Leave empty to keep the stored one.',
  },
  {
    name: 'scopes',
    label: 'Scopes',
    hint: 'Separated by spaces. Leave empty to ask for what the server names.',
  },
  { name: 'issuer', label: 'Authorization server', hint: 'Leave empty to find it out.' },
  { name: 'authorization_url', label: 'Authorization URL', hint: 'Only for providers without metadata.' },
  { name: 'token_url', label: 'Token URL', hint: 'Only for providers without metadata.' },
  {
    name: 'broker',
    label: 'Vendor at the OAuth broker',
    hint: 'For vendors this organisation has approved once at its broker, such as github.',
  },
]

/** How people sign in at a connector's upstream. Everything may stay empty. */
export function OAuthFields({
  draft,
  set,
  error,
}: {
  draft: ConnectorDraft
  set(change: Partial<ConnectorDraft>): void
  error: unknown
}) {
  const { oauth } = draft
  const change = (part: Partial<typeof oauth>) => set({ oauth: { ...oauth, ...part } })
  return (
    <>
      <div>
        <Segments
          legend="Whose sign-in"
          value={oauth.credential}
          onChange={(credential) => change({ credential })}
          options={[
            { value: 'personal', label: 'Each person signs in' },
            { value: 'shared', label: 'One sign-in for everybody' },
          ]}
        />
      </div>
      {fields.map(({ name, label, hint }) => (
        <TextField
          key={name}
          label={label}
          hint={hint}
          type={name === 'client_secret' ? 'password' : 'text'}
          mono
          autoComplete="off"
          value={oauth.texts[name] ?? ''}
          error={fieldError(error, `auth.${name}`)}
          onChange={(event) => change({ texts: { ...oauth.texts, [name]: event.target.value } })}
        />
      ))}
      <div>
        <Segments
          legend="Resource parameter"
          value={oauth.resource}
          onChange={(resource) => change({ resource })}
          options={[
            { value: 'send', label: 'Send' },
            { value: 'omit', label: 'Leave out' },
          ]}
        />
      </div>
      <p className="text-12 text-n10">Some identity providers refuse a request with a resource parameter.</p>
    </>
  )
}
