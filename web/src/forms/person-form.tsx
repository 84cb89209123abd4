import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import type { Me, Role } from '../api/shapes.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { useChange } from '../components/use-change.ts'
import { TextField } from '../ui/field.tsx'
import { RoleChoice } from './role-choice.tsx'

/** `onDone`: with the id of the new person, who still needs a sign-in link. */
export function PersonForm({ me, onClose, onDone }: { me: Me; onClose(): void; onDone(id: string): void }) {
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [roles, setRoles] = useState<Role[]>(['user'])
  const create = useChange({
    run: () =>
      api.call('createUser', {
        body: {
          email: email.trim(),
          ...(name.trim() === '' ? {} : { name: name.trim() }),
          ...(me.capabilities.includes('roles.write') ? { roles } : {}),
        },
      }),
    done: 'Person added',
    after: (user) => onDone(user.id),
  })
  const why = email.includes('@') ? undefined : 'Enter an email address first'
  return (
    <FormDialog
      title="Add person"
      about="They can sign in with a one-time link. What they may use is up to the policies."
      verb="Add person"
      why={why}
      change={create}
      onClose={onClose}
    >
      <TextField
        label="Email"
        type="email"
        autoComplete="off"
        required
        value={email}
        error={fieldError(create.error, 'email')}
        onChange={(event) => setEmail(event.target.value)}
      />
      <TextField
        label="Name"
        optional
        autoComplete="off"
        value={name}
        error={fieldError(create.error, 'name')}
        onChange={(event) => setName(event.target.value)}
      />
      <RoleChoice
        value={roles}
        onChange={setRoles}
        why={me.capabilities.includes('roles.write') ? undefined : 'Only a Super Admin gives roles'}
      />
    </FormDialog>
  )
}
