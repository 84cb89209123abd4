import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { WaitingClient } from '../api/shapes.ts'
import { AllowOrRefuse } from '../components/allow-or-refuse.tsx'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { leaveFor } from '../lib/browser-go.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Note } from '../ui/note.tsx'
import { useTitle } from '../ui/page.tsx'

const route = getRouteApi('/connect/$id')

function Facts({ waiting }: { waiting: WaitingClient }) {
  const { client, redirect, resources } = waiting
  const proven = client.kind === 'document' ? new URL(client.id).host : undefined
  const rows: readonly (readonly [string, ReactNode])[] = [
    ['Sends you back to', <strong key="host">{redirect.host}</strong>],
    [
      'Exact address',
      <code key="uri" className="font-mono text-12 wrap-anywhere">
        {redirect.uri}
      </code>,
    ],
    ['May use', resources.map(({ name }) => name).join(', ')],
    ...(proven === undefined ? [] : [['Described by', <strong key="by">{proven}</strong>] as const]),
  ]
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2 text-13">
      {rows.map(([name, value]) => (
        <div key={name} className="col-span-2 grid grid-cols-subgrid">
          <dt className="text-n11">{name}</dt>
          <dd className="min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function nameOf({ client, redirect }: WaitingClient): string {
  return client.name === '' ? `A client at ${redirect.host}` : client.name
}

function Hint({ redirect, client }: WaitingClient) {
  if (redirect.kind === 'loopback')
    return (
      <p className="text-13 text-n11">
        The client runs on this machine. Continue only if you just started it yourself: any program here could
        use this name.
      </p>
    )
  if (redirect.kind === 'app')
    return (
      <p className="text-13 text-n11">
        The client is an app on this machine. Continue only if you just started it yourself.
      </p>
    )
  return client.kind === 'document' ? null : (
    <p className="text-13 text-n11">The client chose its name itself; the address above is what counts.</p>
  )
}

function Agree({ waiting }: { waiting: WaitingClient }) {
  const params = { id: waiting.id }
  const after = ({ continue_url: url }: { continue_url: string | null }) => {
    if (url !== null) leaveFor(url)
  }
  const agree = useChange({ run: () => api.call('agreeToClient', { params }), after })
  const refuse = useChange({ run: () => api.call('refuseClient', { params }), after })
  const passed = useRef(false)
  const { mutate } = agree
  useEffect(() => {
    if (!waiting.may_pass || passed.current) return
    passed.current = true
    mutate(undefined)
  }, [waiting.may_pass, mutate])
  if (waiting.may_pass && agree.error === null)
    return <p role="status">You agreed to {nameOf(waiting)} before. Taking you back</p>
  return (
    <>
      <p className="text-14">
        {waiting.connected_before
          ? 'You connected it before. It asks again to act for you.'
          : 'It asks to act for you: to see and use the tools that you may use, under the same rules and recorded in the same audit.'}
      </p>
      <Facts waiting={waiting} />
      <Hint {...waiting} />
      <AllowOrRefuse agree={agree} refuse={refuse} />
    </>
  )
}

function Unknown({ waiting }: { waiting: WaitingClient }) {
  const [reason, setReason] = useState('')
  const ask = useChange({
    run: () => api.call('askForRedirect', { params: { id: waiting.id }, body: { reason: reason.trim() } }),
  })
  const approve = useChange({
    run: async () => {
      const asked = await api.call('askForRedirect', {
        params: { id: waiting.id },
        body: { reason: reason.trim() },
      })
      return api.call('approveRequest', { params: { id: asked.request?.id ?? '' }, body: { note: '' } })
    },
  })
  const { request } = waiting
  return (
    <>
      <Facts waiting={waiting} />
      {request?.status === 'rejected' && (
        <Note kind="danger" title="An administrator refused this address" live>
          {request.note !== '' && <p>{request.note}</p>}
        </Note>
      )}
      {request?.status === 'pending' ? (
        <Note kind="info" title="Waiting for an administrator" live>
          <p>
            This page goes on by itself once the address is approved. You may close it and connect again
            later.
          </p>
        </Note>
      ) : (
        <>
          <p className="text-13 text-n11">
            Nobody here has approved that address yet. Once approved, everybody who agrees to this client is
            sent there.
          </p>
          <TextField
            label="What you need it for"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          <TroubleNote error={ask.error ?? approve.error} />
        </>
      )}
      <div className="flex gap-2">
        {request?.status !== 'pending' && (
          <Button look="primary" busy={ask.isPending} onClick={() => ask.mutate(undefined)}>
            Ask an administrator
          </Button>
        )}
        {waiting.can_decide && (
          <Button busy={approve.isPending} onClick={() => approve.mutate(undefined)}>
            Approve for everybody
          </Button>
        )}
      </div>
    </>
  )
}

function Blocked({ waiting }: { waiting: WaitingClient }) {
  return (
    <>
      <Note kind="danger" title="This redirect URI is blocked for your organization" live>
        <p>
          Check that the client is an official one, and tell an administrator which connector and which client
          you used.
        </p>
      </Note>
      <Facts waiting={waiting} />
    </>
  )
}

const bodies = { allowed: Agree, unknown: Unknown, blocked: Blocked }

export function ConnectPage() {
  const { id } = route.useParams()
  const { data, error } = useQuery(queries.waitingClient(id))
  useTitle('Connect a client')
  const Body = data === undefined ? undefined : bodies[data.redirect.state]
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="grid w-full max-w-120 gap-5">
        <div className="grid gap-1">
          <p className="text-13 text-n10">Runlayer</p>
          <h1 className="text-28 tracking-tight wrap-anywhere">
            {data === undefined ? 'Connect a client' : nameOf(data)}
          </h1>
        </div>
        <TroubleNote error={data === undefined ? error : null} />
        {data !== undefined && Body !== undefined && <Body waiting={data} />}
      </div>
    </main>
  )
}
