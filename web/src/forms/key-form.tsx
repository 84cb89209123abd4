import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { CopyTextButton } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { Note } from '../ui/note.tsx'

const spans = [
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: '', label: 'Never' },
]

function expiry(days: string): { expires_at?: string } {
  return days === '' ? {} : { expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() }
}

export function KeyForm({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const create = useChange({
    run: () => api.call('createApiKey', { body: { name: name.trim(), ...expiry(days) } }),
  })
  const why = name.trim() === '' ? 'Give it a name first' : undefined
  if (create.data !== undefined) return <Secret secret={create.data.secret} onClose={onClose} />
  return (
    <Dialog
      title="Create API key"
      about="It acts as you: everything the policies let you use, and nothing else."
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
          placeholder="Claude Code on my laptop"
          required
          autoComplete="off"
          value={name}
          error={fieldError(create.error, 'name')}
          onChange={(event) => setName(event.target.value)}
        />
        <SelectField
          label="Expires"
          value={days}
          options={spans}
          error={fieldError(create.error, 'expires_at')}
          onChange={(event) => setDays(event.target.value)}
        />
        <TroubleNote error={create.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} why={why}>
            Create key
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Secret({ secret, onClose }: { secret: string; onClose(): void }) {
  return (
    <Dialog title="Copy your key now" onClose={onClose}>
      <Note kind="warning" title="It is shown only this once">
        <p>Only a fingerprint is stored. Whoever has the key can act as you.</p>
      </Note>
      <code className="rounded border border-n6 bg-n2 p-3 font-mono text-12 break-all select-all">
        {secret}
      </code>
      <div className="flex justify-end gap-2">
        <CopyTextButton text={secret}>Copy key</CopyTextButton>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}
