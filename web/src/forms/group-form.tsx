import { useState } from 'react'
import { api } from '../api/client.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { useChange } from '../components/use-change.ts'
import { MemberPicker } from './member-picker.tsx'
import { NameField, nameMissing } from './name-field.tsx'

export function GroupForm({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('')
  const [members, setMembers] = useState<string[]>([])
  const create = useChange({
    run: () => api.call('createGroup', { body: { name: name.trim(), member_ids: members } }),
    done: 'Group created',
    after: onClose,
  })
  return (
    <FormDialog
      title="New group"
      verb="Create group"
      why={nameMissing(name)}
      change={create}
      onClose={onClose}
    >
      <NameField value={name} error={create.error} onChange={setName} />
      <MemberPicker value={members} onChange={setMembers} />
    </FormDialog>
  )
}
