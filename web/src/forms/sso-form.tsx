import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import type { SsoProvider } from '../api/shapes.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { CheckField } from '../ui/choice.tsx'
import { TextField } from '../ui/field.tsx'
import { bodyOf, draftOf, missingOf, type SsoDraft } from './sso-draft.ts'

type Part = { draft: SsoDraft; set(change: Partial<SsoDraft>): void; error: unknown }

/** An identity provider: new ones and the settings of one that exists. */
export function SsoForm(props: {
  provider?: SsoProvider
  why?: string | undefined
  onDone(id: string): void
}) {
  const { provider } = props
  const [draft, setDraft] = useState(() => draftOf(provider))
  const set = (change: Partial<SsoDraft>) => setDraft((old) => ({ ...old, ...change }))
  const save = useChange({
    run: () =>
      provider === undefined
        ? api.call('createSsoProvider', { body: bodyOf(draft) })
        : api.call('updateSsoProvider', { params: { id: provider.id }, body: bodyOf(draft) }),
    done: provider === undefined ? 'Provider added' : 'Provider saved',
    after: ({ id }) => props.onDone(id),
  })
  const why = props.why ?? missingOf(draft)
  const parts = { draft, set, error: save.error }
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (why === undefined && !save.isPending) save.mutate(undefined)
      }}
    >
      <OidcFields {...parts} hasSecret={provider?.oidc?.has_secret === true} />
      <PeopleFields {...parts} />
      <TroubleNote error={save.error} />
      <div className="flex justify-end">
        <Button type="submit" look="primary" busy={save.isPending} why={why}>
          {provider === undefined ? 'Add provider' : 'Save provider'}
        </Button>
      </div>
    </form>
  )
}

function OidcFields({ draft, set, error, hasSecret }: Part & { hasSecret: boolean }) {
  return (
    <>
      <TextField
        label="Name"
        hint="People read it on the sign-in page."
        required
        autoComplete="off"
        value={draft.name}
        error={fieldError(error, 'name')}
        onChange={(event) => set({ name: event.target.value })}
      />
      <TextField
        label="Issuer"
        hint="Exactly as the provider’s metadata names it."
        required
        mono
        type="url"
        autoComplete="off"
        value={draft.issuer}
        error={fieldError(error, 'oidc.issuer')}
        onChange={(event) => set({ issuer: event.target.value })}
      />
      <TextField
        label="Client id"
        required
        mono
        autoComplete="off"
        value={draft.clientId}
        error={fieldError(error, 'oidc.client_id')}
        onChange={(event) => set({ clientId: event.target.value })}
      />
      <TextField
        label="Client secret"
        hint={
          hasSecret
            ? 'Sealed at rest. Leave empty to keep the stored one.'
            : 'Sealed at rest. Leave empty for a public client.'
        }
        mono
        type="password"
        autoComplete="off"
        value={draft.secret}
        error={fieldError(error, 'oidc.client_secret')}
        onChange={(event) => set({ secret: event.target.value })}
      />
      <TextField
        label="Scopes"
        hint="Separated by spaces."
        mono
        autoComplete="off"
        value={draft.scopes}
        error={fieldError(error, 'oidc.scopes')}
        onChange={(event) => set({ scopes: event.target.value })}
      />
    </>
  )
}

function PeopleFields({ draft, set, error }: Part) {
  return (
    <>
      <TextField
        label="Domains"
        hint="Whose people sign in here, such as example.com. Separated by commas."
        mono
        autoComplete="off"
        value={draft.domains}
        error={fieldError(error, 'domains')}
        onChange={(event) => set({ domains: event.target.value })}
      />
      <CheckField
        label="Create accounts"
        hint="Somebody of these domains without an account gets one, with the role user."
        checked={draft.createPeople}
        onChange={(createPeople) => set({ createPeople })}
      />
      <CheckField
        label="Connect accounts by email"
        hint="Whoever administers the provider can then become any of these accounts."
        checked={draft.linkByEmail}
        onChange={(linkByEmail) => set({ linkByEmail })}
      />
      <CheckField
        label="Trust emails"
        hint="For providers that do not say whether they verified an email, such as Entra ID."
        checked={draft.trustEmail}
        onChange={(trustEmail) => set({ trustEmail })}
      />
      <CheckField
        label="Show a button on the sign-in page"
        checked={draft.shown}
        onChange={(shown) => set({ shown })}
      />
    </>
  )
}
