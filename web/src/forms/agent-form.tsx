import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { SecretDialog, SecretText } from '../components/secret-dialog.tsx'
import { useChange } from '../components/use-change.ts'
import { SelectField, TextArea } from '../ui/field.tsx'
import { NameField, nameMissing } from './name-field.tsx'

const proofs = [
  { value: 'secret', label: 'A client secret, shown once' },
  { value: 'keys', label: 'Its own key pair (private_key_jwt)' },
]

/** The keys of a JWK set or of one JWK; undefined when the text is neither. */
function keysIn(text: string): Record<string, string>[] | undefined {
  try {
    const read = JSON.parse(text) as { keys?: Record<string, string>[] } & Record<string, string>
    return Array.isArray(read.keys) ? read.keys : typeof read['kty'] === 'string' ? [read] : undefined
  } catch {
    return undefined
  }
}

export function AgentForm({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [proof, setProof] = useState('secret')
  const [text, setText] = useState('')
  const keys = proof === 'keys' ? keysIn(text) : undefined
  const create = useChange({
    run: () =>
      api.call('createAgentAccount', {
        body: {
          name: name.trim(),
          description: description.trim(),
          ...(keys === undefined ? {} : { public_keys: { keys } }),
        },
      }),
    after: ({ secret }) => secret === null && onClose(),
  })
  const why =
    nameMissing(name) ??
    (proof === 'keys' && keys === undefined ? 'Paste its public keys as JSON first' : undefined)
  const made = create.data
  if (made !== undefined && made.secret !== null)
    return <AgentSecret clientId={made.client_id} secret={made.secret} onClose={onClose} />
  return (
    <FormDialog
      title="Make an agent account"
      about="For a program that works by itself. It may use what rules for it or for everyone allow, on MCP endpoints alone, and you answer for it."
      verb="Make account"
      why={why}
      change={create}
      onClose={onClose}
    >
      <NameField placeholder="Release notifier" value={name} error={create.error} onChange={setName} />
      <TextArea
        label="What it does"
        optional
        value={description}
        error={fieldError(create.error, 'description')}
        onChange={(event) => setDescription(event.target.value)}
      />
      <SelectField
        label="It proves itself by"
        value={proof}
        options={proofs}
        onChange={(event) => setProof(event.target.value)}
      />
      {proof === 'keys' && (
        <TextArea
          label="Public keys"
          mono
          hint="A JWK or JWK set: EC P-256, Ed25519, or RSA from 2048 bits. Never paste a private key."
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
    </FormDialog>
  )
}

export function AgentSecret(props: { clientId: string; secret: string; onClose(): void }) {
  return (
    <SecretDialog
      title="Copy the secret now"
      warning="Only a fingerprint is stored. Whoever has it can do what the agent can."
      secret={props.secret}
      copy="Copy secret"
      onClose={props.onClose}
    >
      <p className="text-13 font-medium">Client id</p>
      <SecretText>{props.clientId}</SecretText>
      <p className="text-13 font-medium">Client secret</p>
    </SecretDialog>
  )
}
