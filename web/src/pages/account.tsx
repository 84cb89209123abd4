import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { AccountNotices } from '../components/account-notices.tsx'
import { AuthenticatorApp } from '../components/authenticator-app.tsx'
import { PasskeyList } from '../components/passkey-list.tsx'
import { RowButton } from '../components/row-button.tsx'
import { OwnIdentities } from '../components/sso-identities.tsx'
import { useChange } from '../components/use-change.ts'
import { PasswordForm } from '../forms/password-form.tsx'
import { deviceName } from '../lib/device-name.ts'
import { Button } from '../ui/button.tsx'
import { PageHead, Panel, Section } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

export async function loader(): Promise<void> {
  await Promise.all([
    cache.ensureQueryData(queries.security()),
    cache.ensureQueryData(queries.sessions()),
    cache.ensureQueryData(queries.ownIdentities()),
  ])
}

function Password() {
  const { password_changed_at: changed } = useSuspenseQuery(queries.security()).data
  const [open, setOpen] = useState(false)
  return (
    <Section
      title="Password"
      about={
        changed === null ? (
          'You have none. Until you set one, you sign in with a passkey or a link.'
        ) : (
          <>
            Changed <Time iso={changed} />
          </>
        )
      }
      actions={
        <Button onClick={() => setOpen(true)}>{changed === null ? 'Set password' : 'Change password'}</Button>
      }
    >
      {open && <PasswordForm isFirst={changed === null} onClose={() => setOpen(false)} />}
    </Section>
  )
}

type Session = Awaited<ReturnType<typeof loadSessions>>['data'][number]
const loadSessions = () => api.call('listSessions')

const methods: Record<Session['method'], string> = {
  link: 'Link',
  password: 'Password',
  passkey: 'Passkey',
  single_sign_on: 'Single sign-on',
}

function sessionColumns(revoke: (session: Session) => void): readonly Column<Session>[] {
  return [
    {
      name: 'Device',
      cell: (row) => <span title={row.user_agent ?? undefined}>{deviceName(row.user_agent)}</span>,
    },
    { name: 'Signed in with', width: 'w-32', extra: true, cell: (row) => methods[row.method] },
    {
      name: 'From',
      width: 'w-36',
      extra: true,
      cell: (row) => <span className="font-mono text-12 text-n11">{row.ip ?? ''}</span>,
    },
    { name: 'Began', width: 'w-28', extra: true, cell: (row) => <Time iso={row.created_at} /> },
    { name: 'Last seen', width: 'w-28', cell: (row) => <Time iso={row.last_seen_at} /> },
    {
      name: 'End',
      width: 'w-28',
      end: true,
      cell: (row) =>
        row.current ? (
          <Status meaning="good">This one</Status>
        ) : (
          <RowButton label={`Sign out ${deviceName(row.user_agent)}`} onPress={() => revoke(row)}>
            Sign out
          </RowButton>
        ),
    },
  ]
}

function Sessions() {
  const rows = useSuspenseQuery(queries.sessions()).data.data
  const revoke = useChange({
    run: (session: Session) => api.call('revokeSession', { params: { id: session.id } }),
    done: 'Signed out there',
    loud: true,
  })
  const others = useChange({
    run: () => api.call('revokeOtherSessions'),
    done: 'Signed out everywhere else',
    loud: true,
  })
  return (
    <Section
      title="Where you are signed in"
      about="A session ends after 8 hours without use, and after 7 days in any case."
      actions={
        <Button
          busy={others.isPending}
          why={rows.length < 2 ? 'This is your only session' : undefined}
          onClick={() => others.mutate(undefined)}
        >
          Sign out everywhere else
        </Button>
      }
    >
      <Table
        label="Sessions"
        columns={sessionColumns((session) => revoke.mutate(session))}
        rows={rows}
        id={(row) => row.id}
      />
    </Section>
  )
}

export function AccountPage() {
  return (
    <>
      <PageHead
        title="Account security"
        purpose="How you sign in, and where you are signed in. Ways to sign in can be changed for 15 minutes after signing in."
      />
      <AccountNotices />
      <Panel>
        <div className="grid gap-6">
          <Password />
          <AuthenticatorApp />
          <PasskeyList />
          <OwnIdentities />
        </div>
      </Panel>
      <Sessions />
    </>
  )
}
