import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { SecretDialog } from '../components/secret-dialog.tsx'
import { useChange } from '../components/use-change.ts'
import { TextField } from '../ui/field.tsx'

/** A token for a directory; its secret is shown once, here. */
export function TokenForm({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('')
  const create = useChange({
    run: () => api.call('createProvisioningToken', { body: { name: name.trim() } }),
  })
  const why = name.trim() === '' ? 'Give it a name first' : undefined
  if (create.data !== undefined)
    return (
      <SecretDialog
        title="Copy the token now"
        warning="Only a fingerprint is stored. Whoever has the token decides who is in this workspace."
        secret={create.data.secret}
        copy="Copy token"
        onClose={onClose}
      />
    )
  return (
    <FormDialog
      title="Create provisioning token"
      about="Your directory signs in with it. It can create, change and deactivate people, and it gives no role."
      verb="Create token"
      why={why}
      change={create}
      onClose={onClose}
    >
      <TextField
        label="Name"
        placeholder="Entra ID"
        required
        autoComplete="off"
        value={name}
        error={fieldError(create.error, 'name')}
        onChange={(event) => setName(event.target.value)}
      />
    </FormDialog>
  )
}
