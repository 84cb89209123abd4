import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Me, OwnSsoIdentity, User } from '../api/shapes.ts'
import { Button } from '../ui/button.tsx'
import { Section } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'
import { ConfirmChange } from './confirm-change.tsx'

function Line({ identity, children }: { identity: OwnSsoIdentity; children?: ReactNode }) {
  return (
    <li className="flex items-center gap-3 text-13">
      <span className="grid min-w-0 flex-1">
        <span className="truncate font-medium">{identity.provider_name}</span>
        <span className="truncate font-mono text-12 text-n11" title={identity.subject}>
          {identity.subject}
        </span>
      </span>
      <span className="text-n11">
        Connected <Time iso={identity.created_at} />
      </span>
      {children}
    </li>
  )
}

/** The providers you sign in at; nothing where there are none. */
export function OwnIdentities() {
  const rows = useSuspenseQuery(queries.ownIdentities()).data.data
  const [ending, setEnding] = useState<OwnSsoIdentity>()
  if (rows.length === 0) return null
  return (
    <Section title="Single sign-on" about="Who you are at the identity providers of your organization.">
      <ul className="grid gap-2">
        {rows.map((one) => (
          <Line key={one.provider_id} identity={one}>
            <Button
              size="small"
              look="quiet"
              aria-label={`Disconnect ${one.provider_name}`}
              onClick={() => setEnding(one)}
            >
              Disconnect
            </Button>
          </Line>
        ))}
      </ul>
      {ending !== undefined && (
        <ConfirmChange
          title={`Disconnect ${ending.provider_name}`}
          about="You sign in another way from now on. Groups this provider gave you end."
          verb="Disconnect"
          run={() => api.call('deleteOwnSsoIdentity', { params: { id: ending.provider_id } })}
          done="Disconnected"
          onClose={() => setEnding(undefined)}
        />
      )}
    </Section>
  )
}

/** Who somebody is at providers, with the way to make their next sign-in a first one. */
export function IdentitiesOf({ user, me }: { user: User; me: Me }) {
  const mayRead = me.capabilities.includes('sso.read')
  const rows = useQuery({ ...queries.identitiesOf(user.id), enabled: mayRead }).data?.data ?? []
  const [asking, setAsking] = useState(false)
  if (rows.length === 0) return null
  return (
    <Section title="Single sign-on" about="Who they are at identity providers.">
      <ul className="grid gap-2">
        {rows.map((one) => (
          <Line key={`${one.provider_id} ${one.issuer}`} identity={one} />
        ))}
      </ul>
      <div>
        <Button
          why={me.capabilities.includes('sso.write') ? undefined : 'Only a Super Admin disconnects people'}
          onClick={() => setAsking(true)}
        >
          Disconnect
        </Button>
      </div>
      {asking && (
        <ConfirmChange
          title={`Disconnect ${user.name || user.email}`}
          about="Their next sign-in at a provider is judged like a first one, and groups it gave them end. Sessions and keys go on."
          verb="Disconnect"
          run={() => api.call('deleteSsoIdentities', { params: { id: user.id } })}
          done="Disconnected"
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  )
}
