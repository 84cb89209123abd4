import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { MemberPicker } from './member-picker.tsx'

export function GroupForm({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('')
  const [members, setMembers] = useState<string[]>([])
  const create = useChange({
    run: () => api.call('createGroup', { body: { name: name.trim(), member_ids: members } }),
    done: 'Group created',
    after: onClose,
  })
  const why = name.trim() === '' ? 'Give it a name first' : undefined
  return (
    <Dialog title="New group" onClose={onClose}>
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
          required
          autoComplete="off"
          value={name}
          error={fieldError(create.error, 'name')}
          onChange={(event) => setName(event.target.value)}
        />
        <MemberPicker value={members} onChange={setMembers} />
        <TroubleNote error={create.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} why={why}>
            Create group
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
