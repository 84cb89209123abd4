import { useState } from 'react'
import { api } from '../api/client.ts'
import type { Me, SsoProvider } from '../api/shapes.ts'
import { SsoForm } from '../forms/sso-form.tsx'
import { Button } from '../ui/button.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { Drawer } from '../ui/drawer.tsx'
import { Note } from '../ui/note.tsx'
import { Section } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Switch } from '../ui/switch.tsx'
import { Time } from '../ui/time.tsx'
import { ConfirmChange } from './confirm-change.tsx'
import { TroubleNote } from './trouble-note.tsx'
import { useChange } from './use-change.ts'

export function SsoStatus({ provider }: { provider: SsoProvider }) {
  if (provider.enforced) return <Status meaning="good">Enforced</Status>
  return provider.tested_at === null ? (
    <Status meaning="none">Not tested</Status>
  ) : (
    <Status meaning="info">Tested</Status>
  )
}

type Part = { provider: SsoProvider; why: string | undefined }

/** What to enter at the provider about this installation. */
function OwnPart({ provider: { kind, service_provider: own } }: { provider: SsoProvider }) {
  if (kind === 'oidc')
    return (
      <Section title="At the provider" about="Enter this as the redirect URI of the client.">
        <CopyLine text={own.redirect_uri} label="Copy redirect URI" />
      </Section>
    )
  return (
    <Section
      title="At the provider"
      about="Import the metadata, or enter what it holds. With its certificate the provider may encrypt assertions."
    >
      <p className="text-13">Metadata</p>
      <CopyLine text={own.metadata_url} label="Copy metadata address" />
      <p className="text-13">Entity id</p>
      <CopyLine text={own.entity_id} label="Copy entity id" />
      <p className="text-13">Assertion consumer service (POST)</p>
      <CopyLine text={own.acs_url} label="Copy assertion consumer service" />
    </Section>
  )
}

function TestPart({ provider, why }: Part) {
  const test = useChange({
    run: () => api.call('beginSsoTest', { params: { id: provider.id } }),
    after: ({ url }) => window.location.assign(url),
  })
  return (
    <Section
      title="Test"
      about={
        provider.tested_at === null ? (
          'Sign in there yourself. Your account is connected with the identity you use.'
        ) : (
          <>
            A test sign-in succeeded <Time iso={provider.tested_at} />.
          </>
        )
      }
    >
      <div>
        <Button why={why} busy={test.isPending} onClick={() => test.mutate(undefined)}>
          Test sign-in
        </Button>
      </div>
      <TroubleNote error={test.error} />
    </Section>
  )
}

function EnforcePart({ provider, why }: Part) {
  const [asking, setAsking] = useState(false)
  const enforce = useChange({
    run: (enforced: boolean) =>
      api.call('updateSsoProvider', { params: { id: provider.id }, body: { enforced } }),
    after: () => setAsking(false),
  })
  const missing =
    provider.enforced || (provider.tested_at !== null && provider.domains.length > 0)
      ? undefined
      : 'Bind a domain and let a test sign-in succeed first'
  return (
    <Section
      title="Enforce"
      about="People of its domains then sign in here and in no other way. Keys and running sessions go on."
    >
      <div className="flex items-center gap-2.5 text-13">
        <Switch
          label="Enforce for its domains"
          checked={provider.enforced}
          why={why ?? missing}
          onChange={(on) => (on ? setAsking(true) : enforce.mutate(false))}
        />
        <span aria-hidden="true">Enforce for its domains</span>
      </div>
      {asking && (
        <Note kind="warning" title={`Enforce ${provider.name}`} live>
          <p>
            Passwords, passkeys and links of people of {provider.domains.join(', ')} stop working. A Super
            Admin can still come in with <code className="font-mono">npx runlayer admin recover</code> on the
            server.
          </p>
          <div className="flex gap-2 pt-1">
            <Button look="danger" busy={enforce.isPending} onClick={() => enforce.mutate(true)}>
              Enforce
            </Button>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
          </div>
        </Note>
      )}
      <TroubleNote error={enforce.error} />
    </Section>
  )
}

export function SsoDrawer({ provider, me, onClose }: { provider: SsoProvider; me: Me; onClose(): void }) {
  const why = me.capabilities.includes('sso.write') ? undefined : 'Only a Super Admin changes providers'
  const [asking, setAsking] = useState(false)
  return (
    <Drawer title={provider.name} subtitle={<SsoStatus provider={provider} />} onClose={onClose}>
      <OwnPart provider={provider} />
      <TestPart provider={provider} why={why} />
      <EnforcePart provider={provider} why={why} />
      <Section title="Settings">
        <SsoForm key={provider.updated_at} provider={provider} why={why} onDone={() => undefined} />
      </Section>
      <div className="border-t border-n5 pt-5">
        <Button look="danger" why={why} onClick={() => setAsking(true)}>
          Delete provider
        </Button>
      </div>
      {asking && (
        <ConfirmChange
          title={`Delete ${provider.name}`}
          about="People keep their accounts, and need another way to sign in."
          verb="Delete provider"
          run={() => api.call('deleteSsoProvider', { params: { id: provider.id } })}
          done="Provider deleted"
          after={onClose}
          onClose={() => setAsking(false)}
        />
      )}
    </Drawer>
  )
}
