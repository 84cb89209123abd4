import { ArrowUpRight } from 'lucide-react'
import { useState } from 'react'
import { ApiError } from '../../../contract/client.ts'
import { api } from '../api/client.ts'
import { isReason, isStatus } from '../api/errors.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { TroubleNote } from './trouble-note.tsx'
import { useChange } from './use-change.ts'

type Start = { provider_id: string } | { email: string }

/** Leads this browser to an identity provider. */
function useSingleSignOn(next: string | undefined) {
  return useChange({
    run: (by: Start) =>
      api.call('beginSingleSignOn', { body: { ...by, ...(next === undefined ? {} : { next }) } }),
    after: ({ url }) => window.location.assign(url),
  })
}

export type Offered = { id: string; name: string }

export function ProviderButtons({
  providers,
  next,
}: {
  providers: readonly Offered[]
  next: string | undefined
}) {
  const go = useSingleSignOn(next)
  return (
    <div className="grid gap-3">
      {providers.map(({ id, name }) => (
        <Button
          key={id}
          icon={<ArrowUpRight aria-hidden="true" />}
          busy={go.isPending}
          onClick={() => go.mutate({ provider_id: id })}
        >
          {`Continue with ${name}`}
        </Button>
      ))}
      <TroubleNote error={go.error} />
    </div>
  )
}

/** Asks for the email first: its domain may lead to a provider, else a password is asked for. */
export function EmailFirst(props: { next: string | undefined; onPassword(email: string): void }) {
  const [email, setEmail] = useState('')
  const go = useSingleSignOn(props.next)
  const why = email.trim() === '' ? 'Enter your email first' : undefined
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (why !== undefined || go.isPending) return
        go.mutate(
          { email: email.trim() },
          { onError: (error) => isStatus(error, 404) && props.onPassword(email.trim()) },
        )
      }}
    >
      <TextField
        label="Email"
        type="email"
        name="email"
        autoComplete="username"
        required
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      {!isStatus(go.error, 404) && <TroubleNote error={go.error} />}
      <Button type="submit" look="primary" busy={go.isPending} why={why}>
        Continue
      </Button>
      <Button onClick={() => props.onPassword(email.trim())}>Use a password instead</Button>
    </form>
  )
}

/** A refusal to sign in, with the way to the provider where single sign-on is the only one. */
export function SignInTrouble({ error, next }: { error: unknown; next: string | undefined }) {
  const required = requiredBy(error)
  return (
    <>
      <TroubleNote error={error} />
      {required !== undefined && <ProviderButtons providers={[required]} next={next} />}
    </>
  )
}

function requiredBy(error: unknown): Offered | undefined {
  if (!isReason(error, 'sso-required') || !(error instanceof ApiError)) return undefined
  const { data } = (error.problem ?? {}) as { data?: { provider_id?: unknown; provider_name?: unknown } }
  return typeof data?.provider_id === 'string' && typeof data.provider_name === 'string'
    ? { id: data.provider_id, name: data.provider_name }
    : undefined
}
