import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import * as queries from '../api/queries.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
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
    <Dialog
      title={isFirst ? 'Set password' : 'Change password'}
      about="Several words that do not belong together are easy to remember and hard to guess."
      onClose={onClose}
    >
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (why === undefined) save.mutate(undefined)
        }}
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
        <TroubleNote error={save.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={save.isPending} why={why}>
            Save password
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
