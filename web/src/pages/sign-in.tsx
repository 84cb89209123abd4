import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { api } from '../api/client.ts'
import { isReason } from '../api/errors.ts'
import * as queries from '../api/queries.ts'
import { EmailFirst, ProviderButtons, SignInTrouble } from '../components/single-sign-on.tsx'
import { useChange } from '../components/use-change.ts'
import { useEntrance } from '../components/use-entrance.ts'
import { askPasskey, canUsePasskeys, passkeyTrouble } from '../lib/passkey.ts'
import { Button } from '../ui/button.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { TextField } from '../ui/field.tsx'
import { useTitle } from '../ui/page.tsx'

const route = getRouteApi('/sign-in')

function WithLink({ token }: { token: string }) {
  const enter = useEntrance()
  const { next } = route.useSearch()
  const asked = useRef(false)
  const { mutate, error } = useChange({
    run: (oneTime: string) => api.call('createSession', { body: { token: oneTime } }),
    after: () => void enter(next),
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
      <SignInTrouble error={error} next={next} />
      <Ways />
    </>
  )
}

function WithPassword({ known = '' }: { known?: string }) {
  const enter = useEntrance()
  const { next } = route.useSearch()
  const [email, setEmail] = useState(known)
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const signIn = useChange({
    run: (withCode: string) =>
      api.call('createSession', {
        body: { email: email.trim(), password, ...(withCode === '' ? {} : { code: withCode.trim() }) },
      }),
    after: () => void enter(next),
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
        // Whoever came here by their email goes on typing.
        autoFocus={known !== ''}
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {asksCode && <CodeField value={code} onChange={setCode} />}
      {!wantsCode && <SignInTrouble error={signIn.error} next={next} />}
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
  const { next } = route.useSearch()
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
    after: () => void enter(next),
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
      <SignInTrouble error={signIn.error} next={next} />
    </div>
  )
}

/** Where identity providers are set up, the email comes first; a password stays one step away. */
function Ways() {
  const { next } = route.useSearch()
  const options = useQuery(queries.signInOptions())
  const [passwordOf, setPasswordOf] = useState<string>()
  if (options.isPending) return <p role="status">Looking up the ways to sign in</p>
  const signOn = options.data?.single_sign_on
  const asksEmail = signOn?.asks_email === true && passwordOf === undefined
  return (
    <div className="grid gap-5">
      {asksEmail ? (
        <EmailFirst next={next} onPassword={setPasswordOf} />
      ) : (
        <WithPassword {...(passwordOf === undefined ? {} : { known: passwordOf })} />
      )}
      {signOn !== undefined && signOn.providers.length > 0 && (
        <ProviderButtons providers={signOn.providers} next={next} />
      )}
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
