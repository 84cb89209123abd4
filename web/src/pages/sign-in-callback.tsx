import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { SsoTestResult } from '../api/shapes.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { useEntrance } from '../components/use-entrance.ts'
import { paths } from '../paths.ts'
import { Code } from '../ui/code.tsx'
import { Note } from '../ui/note.tsx'
import { Facts, useTitle } from '../ui/page.tsx'

const route = getRouteApi('/sign-in/callback')
type Answer = ReturnType<typeof route.useSearch>

/** An answer counts once, and development mode runs effects twice. */
function useOnce(answer: Answer, run: (answer: Answer) => void): void {
  const asked = useRef(false)
  useEffect(() => {
    if (asked.current) return
    asked.current = true
    run(answer)
  }, [answer, run])
}

function Ending({ answer }: { answer: Answer }) {
  const enter = useEntrance()
  const { mutate, error } = useChange({
    run: ({ state = '-', ...rest }: Answer) =>
      api.call('createSessionBySingleSignOn', { body: { state, ...rest } }),
    after: ({ next }) => void enter(next),
  })
  useOnce(answer, mutate)
  if (error === null) return <p role="status">Signing you in</p>
  return (
    <>
      <TroubleNote error={error} />
      <Link {...paths.signIn()} className="text-13 text-accent underline underline-offset-2">
        Back to the sign-in page
      </Link>
    </>
  )
}

function TestEnding({ answer }: { answer: Answer }) {
  const { mutate, error, data } = useChange({
    run: async ({ state = '-', ...rest }: Answer) => {
      // The anti-forgery token comes with it.
      await cache.ensureQueryData(queries.me())
      return api.call('completeSsoTest', { body: { state, ...rest } })
    },
  })
  useOnce(answer, mutate)
  return (
    <>
      {error === null && data === undefined && <p role="status">Judging the answer of the provider</p>}
      <TroubleNote error={error} />
      {data !== undefined && (
        <>
          <Note kind="good" title="The test sign-in succeeded" live>
            <p>Your account is connected with this identity. The provider can be enforced now.</p>
          </Note>
          <Facts
            rows={[
              ['Provider', data.provider_name],
              ['Email', data.email ?? 'None'],
              ['Subject', data.subject],
            ]}
          />
          <Mapped mapped={data.mapped} />
          <h2 className="text-14">What it said</h2>
          <Code
            label="What the provider said"
            text={data.claims.map(({ name, value }) => `${name}: ${value}`).join('\n')}
          />
        </>
      )}
      <Link {...paths.singleSignOn()} className="text-13 text-accent underline underline-offset-2">
        Back to single sign-on
      </Link>
    </>
  )
}

/** What a sign-in would make of the claims. */
function Mapped({ mapped: { groups, attributes } }: { mapped: SsoTestResult['mapped'] }) {
  const led = groups.filter((one) => one.group_name !== null)
  const lost = groups.filter((one) => one.group_name === null)
  if (groups.length === 0 && Object.keys(attributes).length === 0) return null
  return (
    <>
      <h2 className="text-14">What a sign-in makes of it</h2>
      <Facts
        rows={[
          ['Groups', led.map((one) => one.group_name).join(', ') || 'None'],
          ...(lost.length === 0
            ? []
            : [['Lead to no group', lost.map(({ value }) => value).join(', ')] as const]),
          ...Object.entries(attributes).map(([name, values]) => [name, values.join('; ')] as const),
        ]}
      />
    </>
  )
}

/** Where an identity provider sends a person back to. The state says whether they sign in or test. */
export function SignInCallbackPage() {
  const answer = route.useSearch()
  const isTest = answer.state?.startsWith('t') === true
  const title = isTest ? 'Test sign-in' : 'Sign in'
  useTitle(title)
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="grid w-full max-w-112 gap-5">
        <div className="grid gap-1">
          <p className="text-13 text-n10">Runlayer</p>
          <h1 className="text-28 tracking-tight">{title}</h1>
        </div>
        {isTest ? <TestEnding answer={answer} /> : <Ending answer={answer} />}
      </div>
    </main>
  )
}
