import { useState } from 'react'
import { api } from '../api/client.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { SecretDialog } from '../components/secret-dialog.tsx'
import { useChange } from '../components/use-change.ts'
import { NameField, nameMissing } from './name-field.tsx'

/** A token for a directory; its secret is shown once, here. */
export function TokenForm({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('')
  const create = useChange({
    run: () => api.call('createProvisioningToken', { body: { name: name.trim() } }),
  })
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
      why={nameMissing(name)}
      change={create}
      onClose={onClose}
    >
      <NameField placeholder="Entra ID" value={name} error={create.error} onChange={setName} />
    </FormDialog>
  )
}
