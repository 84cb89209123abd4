import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { useChange } from '../components/use-change.ts'
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
    <FormDialog title="New group" verb="Create group" why={why} change={create} onClose={onClose}>
      <TextField
        label="Name"
        required
        autoComplete="off"
        value={name}
        error={fieldError(create.error, 'name')}
        onChange={(event) => setName(event.target.value)}
      />
      <MemberPicker value={members} onChange={setMembers} />
    </FormDialog>
  )
}
