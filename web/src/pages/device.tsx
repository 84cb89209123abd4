import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api/client.ts'
import type { WaitingDevice } from '../api/shapes.ts'
import { AllowOrRefuse } from '../components/allow-or-refuse.tsx'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Note } from '../ui/note.tsx'
import { useTitle } from '../ui/page.tsx'

const route = getRouteApi('/device')

function Decide({ device, code }: { device: WaitingDevice; code: string }) {
  const [answer, setAnswer] = useState<'agreed' | 'refused'>()
  const body = { user_code: code }
  const agree = useChange({
    run: () => api.call('agreeToDevice', { body }),
    after: () => setAnswer('agreed'),
  })
  const refuse = useChange({
    run: () => api.call('refuseDevice', { body }),
    after: () => setAnswer('refused'),
  })
  if (answer !== undefined)
    return (
      <Note
        kind={answer === 'agreed' ? 'good' : 'info'}
        title={
          answer === 'agreed'
            ? 'Done. Go back to where the code is shown.'
            : 'Refused. You may close this page.'
        }
        live
      />
    )
  return (
    <>
      <p className="text-14">
        <strong>{device.client.name || device.client.id}</strong> asks to act for you. It may use:{' '}
        {device.resources.map(({ name }) => name).join(', ')}.
      </p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2 text-13">
        <dt className="text-n11">Code</dt>
        <dd className="font-mono">{code}</dd>
        <dt className="text-n11">Asked from</dt>
        <dd className="font-mono">{device.from_ip}</dd>
      </dl>
      <p className="text-13 text-n11">
        Continue only if you started this yourself just now and the code is the one shown there. Nobody has a
        reason to send you a code.
      </p>
      <AllowOrRefuse agree={agree} refuse={refuse} />
    </>
  )
}

export function DevicePage() {
  const { user_code: given } = route.useSearch()
  const [code, setCode] = useState(given ?? '')
  const find = useChange({
    run: (userCode: string) => api.call('getWaitingDevice', { query: { user_code: userCode } }),
  })
  useTitle('Connect a device')
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="grid w-full max-w-100 gap-5">
        <div className="grid gap-1">
          <p className="text-13 text-n10">Runlayer</p>
          <h1 className="text-28 tracking-tight">Connect a device</h1>
        </div>
        {find.data === undefined ? (
          <form
            noValidate
            className="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault()
              if (code.trim() !== '') find.mutate(code.trim())
            }}
          >
            <TextField
              label="Code"
              hint="As the command line or device shows it"
              value={code}
              mono
              onChange={(event) => setCode(event.target.value)}
            />
            <TroubleNote error={find.error} />
            <Button
              look="primary"
              type="submit"
              busy={find.isPending}
              why={code.trim() === '' ? 'Enter the code first' : undefined}
            >
              Continue
            </Button>
          </form>
        ) : (
          <Decide device={find.data} code={code.trim().toUpperCase()} />
        )}
      </div>
    </main>
  )
}
