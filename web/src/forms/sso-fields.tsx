import { fieldError } from '../api/errors.ts'
import { CheckField, Segments } from '../ui/choice.tsx'
import { TextArea, TextField } from '../ui/field.tsx'
import type { SsoDraft } from './sso-draft.ts'

type Part = { draft: SsoDraft; set(change: Partial<SsoDraft>): void; error: unknown }

export function OidcFields({ draft, set, error, hasSecret }: Part & { hasSecret: boolean }) {
  return (
    <>
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

export function SamlFields({ draft, set, error }: Part) {
  return (
    <>
      <div>
        <Segments
          legend="How it is entered"
          value={draft.entry}
          onChange={(entry) => set({ entry })}
          options={[
            { value: 'metadata', label: 'By metadata' },
            { value: 'fields', label: 'By hand' },
          ]}
        />
      </div>
      {draft.entry === 'metadata' ? (
        <TextArea
          label="Metadata"
          hint="The XML that the provider offers for download."
          mono
          rows={6}
          value={draft.metadata}
          error={fieldError(error, 'saml.metadata')}
          onChange={(event) => set({ metadata: event.target.value })}
        />
      ) : (
        <AddressFields draft={draft} set={set} error={error} />
      )}
      <TextField
        label="Email attribute"
        hint="Leave empty for the usual names, or a NameID that is an email."
        mono
        autoComplete="off"
        value={draft.emailAttribute}
        error={fieldError(error, 'saml.email_attribute')}
        onChange={(event) => set({ emailAttribute: event.target.value })}
      />
      <CheckField
        label="Sign requests"
        hint="For providers that want it. They check it with the certificate in our metadata."
        checked={draft.signRequests}
        onChange={(signRequests) => set({ signRequests })}
      />
    </>
  )
}

function AddressFields({ draft, set, error }: Part) {
  return (
    <>
      <TextField
        label="Entity id"
        required
        mono
        autoComplete="off"
        value={draft.entityId}
        error={fieldError(error, 'saml.entity_id')}
        onChange={(event) => set({ entityId: event.target.value })}
      />
      <TextField
        label="Sign-in address"
        hint="For requests by HTTP-Redirect."
        required
        mono
        type="url"
        autoComplete="off"
        value={draft.ssoUrl}
        error={fieldError(error, 'saml.sso_url')}
        onChange={(event) => set({ ssoUrl: event.target.value })}
      />
      <TextArea
        label="Certificates"
        hint="PEM. Paste a new one below the old one before the provider changes over."
        mono
        rows={6}
        value={draft.certificates}
        error={fieldError(error, 'saml.certificates')}
        onChange={(event) => set({ certificates: event.target.value })}
      />
    </>
  )
}

export function PeopleFields({ draft, set, error }: Part) {
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
      {draft.kind === 'oidc' && (
        <CheckField
          label="Let it vouch for people at connectors"
          hint="What it gives at each sign-in is kept sealed, for connectors of the flow id_jag."
          checked={draft.keepSignIn}
          onChange={(keepSignIn) => set({ keepSignIn })}
        />
      )}
      <CheckField
        label="Show a button on the sign-in page"
        checked={draft.shown}
        onChange={(shown) => set({ shown })}
      />
    </>
  )
}
