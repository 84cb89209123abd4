import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Me, Role, User } from '../api/shapes.ts'
import { RoleChoice } from '../forms/role-choice.tsx'
import { paths } from '../paths.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { Drawer } from '../ui/drawer.tsx'
import { Facts, Section } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Time } from '../ui/time.tsx'
import { ConfirmChange } from './confirm-change.tsx'
import { PersonAttributes } from './person-attributes.tsx'
import { SignInLink } from './sign-in-link.tsx'
import { IdentitiesOf } from './sso-identities.tsx'
import { useChange } from './use-change.ts'

function Roles({ user, me }: { user: User; me: Me }) {
  const [roles, setRoles] = useState<Role[]>(user.roles)
  const save = useChange({
    run: () => api.call('updateUser', { params: { id: user.id }, body: { roles } }),
    done: 'Roles saved',
    loud: true,
  })
  const same = roles.length === user.roles.length && roles.every((role) => user.roles.includes(role))
  const why = me.capabilities.includes('roles.write') ? undefined : 'Only a Super Admin gives roles'
  return (
    <div className="grid justify-items-start gap-3">
      <RoleChoice value={roles} onChange={setRoles} why={why} />
      {why === undefined && (
        <Button
          busy={save.isPending}
          why={same ? 'Nothing has changed' : undefined}
          onClick={() => save.mutate(undefined)}
        >
          Save roles
        </Button>
      )}
    </div>
  )
}

export function PersonDrawer({ user, me, onClose }: { user: User; me: Me; onClose(): void }) {
  const groups = (useQuery(queries.groups()).data?.data ?? []).filter((group) =>
    user.group_ids.includes(group.id),
  )
  const [asking, setAsking] = useState(false)
  const isActive = user.status === 'active'
  const setStatus = (status: User['status']) =>
    api.call('updateUser', { params: { id: user.id }, body: { status } })
  const revive = useChange({ run: () => setStatus('active'), done: 'Active again', loud: true })
  const signOut = useChange({
    run: () => api.call('revokeUserSessions', { params: { id: user.id } }),
    done: 'Signed out everywhere',
    loud: true,
  })
  const why = !me.capabilities.includes('people.write')
    ? 'Your role may not change people'
    : user.id === me.id
      ? 'This is you: your own sessions are under Account security'
      : undefined
  return (
    <Drawer
      title={user.name || user.email}
      subtitle={
        isActive ? <Status meaning="good">Active</Status> : <Status meaning="none">Deactivated</Status>
      }
      onClose={onClose}
      actions={
        <Link {...paths.audit({ actor_id: user.id })} className={buttonClass('plain')}>
          Show activity
        </Link>
      }
    >
      <Facts
        rows={[
          ['Email', user.email],
          ['Last seen', <Time key="seen" iso={user.last_seen_at} />],
          ['Added', <Time key="added" iso={user.created_at} />],
          [
            'Groups',
            groups.length === 0 ? (
              'None'
            ) : (
              <span key="groups" className="flex flex-wrap gap-2">
                {groups.map((group) => (
                  <Link
                    key={group.id}
                    {...paths.group(group.id)}
                    className="text-accent underline-offset-2 hover:underline"
                  >
                    {group.name}
                  </Link>
                ))}
              </span>
            ),
          ],
        ]}
      />
      {(me.capabilities.includes('people.write') || Object.keys(user.attributes).length > 0) && (
        <Section title="Attributes" about="What rules may go by; several values are parted by semicolons.">
          <PersonAttributes key={JSON.stringify(user.attributes)} user={user} me={me} />
        </Section>
      )}
      <Section title="What they manage">
        <Roles key={user.roles.join()} user={user} me={me} />
      </Section>
      <IdentitiesOf user={user} me={me} />
      <div className="flex flex-wrap gap-2 border-t border-n5 pt-5">
        <SignInLink user={user} me={me} />
        <Button why={why} busy={signOut.isPending} onClick={() => signOut.mutate(undefined)}>
          Sign out everywhere
        </Button>
        <Button
          look={isActive ? 'danger' : 'plain'}
          why={why}
          busy={revive.isPending}
          onClick={() => (isActive ? setAsking(true) : revive.mutate(undefined))}
        >
          {isActive ? 'Deactivate' : 'Make active again'}
        </Button>
      </div>
      {asking && (
        <ConfirmChange
          title={`Deactivate ${user.name || user.email}`}
          about="Their sessions, keys, passwords and passkeys, and what they entered or granted at connectors end at once, and their connectors become yours. Their groups and audit stay. Made active again, they begin with a link."
          verb="Deactivate"
          run={() => setStatus('deactivated')}
          done="Deactivated"
          onClose={() => setAsking(false)}
        />
      )}
    </Drawer>
  )
}
