import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { CopyTextButton } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Note } from '../ui/note.tsx'

/** A token for a directory; its secret is shown once, here. */
export function TokenForm({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('')
  const create = useChange({
    run: () => api.call('createProvisioningToken', { body: { name: name.trim() } }),
  })
  const why = name.trim() === '' ? 'Give it a name first' : undefined
  if (create.data !== undefined) return <Secret secret={create.data.secret} onClose={onClose} />
  return (
    <Dialog
      title="Create provisioning token"
      about="Your directory signs in with it. It can create, change and deactivate people, and it gives no role."
      onClose={onClose}
    >
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (why === undefined) create.mutate(undefined)
        }}
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
        <TroubleNote error={create.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} why={why}>
            Create token
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Secret({ secret, onClose }: { secret: string; onClose(): void }) {
  return (
    <Dialog title="Copy the token now" onClose={onClose}>
      <Note kind="warning" title="It is shown only this once">
        <p>Only a fingerprint is stored. Whoever has the token decides who is in this workspace.</p>
      </Note>
      <code className="rounded border border-n6 bg-n2 p-3 font-mono text-12 break-all select-all">
        {secret}
      </code>
      <div className="flex justify-end gap-2">
        <CopyTextButton text={secret}>Copy token</CopyTextButton>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}
