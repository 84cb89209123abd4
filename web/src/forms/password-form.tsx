import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import * as queries from '../api/queries.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { useChange } from '../components/use-change.ts'
import { TextField } from '../ui/field.tsx'

const least = 12

export function PasswordForm({ isFirst, onClose }: { isFirst: boolean; onClose(): void }) {
  const me = useSuspenseQuery(queries.me()).data
  const session = useSuspenseQuery(queries.sessions()).data.data.find(({ current }) => current)
  const needsCurrent = !isFirst && session?.method === 'password'
  const [password, setPassword] = useState('')
  const [current, setCurrent] = useState('')
  const save = useChange({
    run: () =>
      api.call('setPassword', { body: { password, ...(needsCurrent ? { current_password: current } : {}) } }),
    done: 'Password saved; you are signed out everywhere else',
    after: onClose,
  })
  const why =
    needsCurrent && current === ''
      ? 'Enter your current password first'
      : password.length < least
        ? `Enter at least ${least} characters first`
        : undefined
  return (
    <FormDialog
      title={isFirst ? 'Set password' : 'Change password'}
      about="Several words that do not belong together are easy to remember and hard to guess."
      verb="Save password"
      why={why}
      change={save}
      onClose={onClose}
    >
      {/* Password stores want to know whose password this is. */}
      <input type="hidden" name="username" autoComplete="username" value={me.email} readOnly />
      {needsCurrent && (
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
      )}
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        hint={`At least ${least} characters.`}
        required
        value={password}
        error={fieldError(save.error, 'password')}
        onChange={(event) => setPassword(event.target.value)}
      />
    </FormDialog>
  )
}
