import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { api } from '../api/client.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { paths } from '../paths.ts'
import { useTitle } from '../ui/page.tsx'

const route = getRouteApi('/shell/connections/callback')

/** Where an upstream's authorization server sends a person back to. Only who began the sign-in can end it. */
export function ConnectionCallbackPage() {
  useTitle('Connecting')
  const router = useRouter()
  const search = route.useSearch()
  const asked = useRef(false)
  const { mutate, error } = useChange({
    run: ({ state = '', ...answer }: typeof search) =>
      api.call('completeConnection', { body: { state, ...answer } }),
    done: 'Connected',
    after: ({ server_id: serverId }) =>
      void router.navigate({ ...paths.connector(serverId, 'connection'), replace: true }),
  })
  useEffect(() => {
    // An answer counts once, and development mode runs effects twice.
    if (asked.current) return
    asked.current = true
    mutate(search)
  }, [mutate, search])
  return (
    <div className="mx-auto grid max-w-140 gap-4 p-6">
      <h1 className="text-18 font-semibold">Connecting</h1>
      {error === null ? (
        <p role="status">Your sign-in is being completed</p>
      ) : (
        <>
          <TroubleNote error={error} />
          <p className="text-13">
            <Link {...paths.connectors()} className="underline">
              Go to the connectors
            </Link>{' '}
            and connect again.
          </p>
        </>
      )}
    </div>
  )
}
