import { getRouteApi, useRouter } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { api, cache } from '../api/client.ts'
import { isReason } from '../api/errors.ts'
import * as queries from '../api/queries.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { isServers, nextAddress } from '../lib/next-address.ts'
import { askPasskey, canUsePasskeys, passkeyTrouble } from '../lib/passkey.ts'
import { Button } from '../ui/button.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { TextField } from '../ui/field.tsx'
import { useTitle } from '../ui/page.tsx'

const route = getRouteApi('/sign-in')

/** Goes where the person wanted to be. The token of a link leaves the history with it. */
function useEntrance(): () => Promise<void> {
  const router = useRouter()
  const { next } = route.useSearch()
  return async () => {
    const to = nextAddress(next, window.location.origin)
    cache.clear()
    if (isServers(to)) return window.location.replace(to)
    await cache.fetchQuery(queries.me())
    router.history.replace(to)
  }
}

function WithLink({ token }: { token: string }) {
  const enter = useEntrance()
  const asked = useRef(false)
  const { mutate, error } = useChange({
    run: (oneTime: string) => api.call('createSession', { body: { token: oneTime } }),
    after: () => void enter(),
  })
  useEffect(() => {
    // The link works once, and development mode runs effects twice.
    if (asked.current) return
    asked.current = true
    mutate(token)
  }, [mutate, token])
  if (error === null) return <p role="status">Signing you in</p>
  return (
    <>
      <TroubleNote error={error} />
      <Ways />
    </>
  )
}

function WithPassword() {
  const enter = useEntrance()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const signIn = useChange({
    run: (withCode: string) =>
      api.call('createSession', {
        body: { email: email.trim(), password, ...(withCode === '' ? {} : { code: withCode.trim() }) },
      }),
    after: () => void enter(),
  })
  const [asksCode, setAsksCode] = useState(false)
  const wantsCode = isReason(signIn.error, 'second-factor-required')
  useEffect(() => {
    if (wantsCode) setAsksCode(true)
  }, [wantsCode])
  const missing = email.trim() === '' || password === '' ? 'Enter your email and password first' : undefined
  const why = asksCode && code.trim() === '' ? 'Enter the code first' : missing
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (why === undefined && !signIn.isPending) signIn.mutate(asksCode ? code : '')
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
      <TextField
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {asksCode && <CodeField value={code} onChange={setCode} />}
      {!wantsCode && <TroubleNote error={signIn.error} />}
      <Button type="submit" look="primary" busy={signIn.isPending} why={why}>
        Sign in
      </Button>
    </form>
  )
}

function CodeField({ value, onChange }: { value: string; onChange(code: string): void }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => place.current?.querySelector('input')?.focus(), [])
  return (
    <div ref={place}>
      <TextField
        label="Code"
        name="code"
        hint="From your authenticator app, or one of your recovery codes."
        autoComplete="one-time-code"
        autoCapitalize="characters"
        spellCheck={false}
        required
        mono
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  )
}

function WithPasskey() {
  const enter = useEntrance()
  const signIn = useChange({
    run: async () => {
      const { passkey } = await api.call('getSignInOptions')
      if (passkey === null)
        throw new Error('Passkeys do not work at this address, because it has no name. Use another way.')
      const response = await askPasskey(passkey.options).catch((error: unknown) => {
        throw passkeyTrouble(error)
      })
      return api.call('createSession', { body: { passkey: { state: passkey.state, response } } })
    },
    after: () => void enter(),
  })
  return (
    <div className="grid gap-3">
      <Button
        icon={<KeyRound aria-hidden="true" />}
        busy={signIn.isPending}
        onClick={() => signIn.mutate(undefined)}
      >
        Sign in with a passkey
      </Button>
      <TroubleNote error={signIn.error} />
    </div>
  )
}

function Ways() {
  return (
    <div className="grid gap-5">
      <WithPassword />
      {canUsePasskeys() && <WithPasskey />}
      <HowTo />
    </div>
  )
}

function HowTo() {
  return (
    <details className="text-13 text-n11">
      <summary className="cursor-pointer font-medium text-n12">I have neither, or I forgot it</summary>
      <div className="grid gap-3 pt-3">
        <p>A link that works once signs you in, and then you can set a new password:</p>
        <ul className="grid list-disc gap-2 pl-5">
          <li>At its first start the server prints a link in the terminal.</li>
          <li>An administrator makes one for you on the page People.</li>
          <li>
            Whoever has access to the machine makes one there:
            <span className="mt-1.5 block text-n12">
              <CopyLine text="npx runlayer admin recover" label="Copy command" />
            </span>
          </li>
        </ul>
      </div>
    </details>
  )
}

function Page({ children }: { children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="grid w-full max-w-88 gap-5">
        <div className="grid gap-1">
          <p className="text-13 text-n10">Runlayer</p>
          <h1 className="text-28 tracking-tight">Sign in</h1>
        </div>
        {children}
      </div>
    </main>
  )
}

export function SignInPage() {
  const { token } = route.useSearch()
  useTitle('Sign in')
  return <Page>{token === undefined ? <Ways /> : <WithLink token={token} />}</Page>
}
