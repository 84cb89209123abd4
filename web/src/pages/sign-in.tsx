import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { useTitle } from '../ui/page.tsx'

const route = getRouteApi('/sign-in')

/** Only a path of this console: a link from outside may not send a signed-in person elsewhere. */
function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) ? next : '/'
}

function WithLink({ token, next }: { token: string; next: string | undefined }) {
  const router = useRouter()
  const asked = useRef(false)
  const { mutate, error } = useChange({
    run: (oneTime: string) => api.call('createSession', { body: { token: oneTime } }),
    after: async () => {
      cache.clear()
      await cache.fetchQuery(queries.me())
      router.history.replace(safeNext(next))
    },
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
      <HowTo />
    </>
  )
}

function HowTo() {
  return (
    <div className="grid gap-3 text-13 text-n11">
      <p>You sign in with a link that works once. There are three ways to get one:</p>
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
  )
}

export function SignInPage() {
  const { token, next } = route.useSearch()
  useTitle('Sign in')
  const navigate = useNavigate()
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="grid w-full max-w-100 gap-5">
        <div className="grid gap-1">
          <p className="text-13 text-n10">Runlayer</p>
          <h1 className="text-28 tracking-tight">Sign in</h1>
        </div>
        {token === undefined ? <HowTo /> : <WithLink token={token} next={next} />}
        {token === undefined && (
          <Button className="justify-self-start" onClick={() => void navigate({ to: '/' })}>
            I have a session, try again
          </Button>
        )}
      </div>
    </main>
  )
}
