import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import type { SsoProvider } from '../api/shapes.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { Segments } from '../ui/choice.tsx'
import { TextField } from '../ui/field.tsx'
import { bodyOf, draftOf, missingOf, type SsoDraft } from './sso-draft.ts'
import { OidcFields, PeopleFields, SamlFields } from './sso-fields.tsx'
import { MappingFields } from './sso-mapping-fields.tsx'

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
      <TextField
        label="Name"
        hint="People read it on the sign-in page."
        required
        autoComplete="off"
        value={draft.name}
        error={fieldError(save.error, 'name')}
        onChange={(event) => set({ name: event.target.value })}
      />
      {provider === undefined && (
        <div>
          <Segments
            legend="Protocol"
            value={draft.kind}
            onChange={(kind) => set({ kind })}
            options={[
              { value: 'oidc', label: 'OpenID Connect' },
              { value: 'saml', label: 'SAML' },
            ]}
          />
        </div>
      )}
      {draft.kind === 'oidc' ? (
        <OidcFields {...parts} hasSecret={provider?.oidc?.has_secret === true} />
      ) : (
        <SamlFields {...parts} />
      )}
      <PeopleFields {...parts} />
      <MappingFields draft={draft} set={set} kind={draft.kind} />
      <TroubleNote error={save.error} />
      <div className="flex justify-end">
        <Button type="submit" look="primary" busy={save.isPending} why={why}>
          {provider === undefined ? 'Add provider' : 'Save provider'}
        </Button>
      </div>
    </form>
  )
}
