import { Link, useRouter } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { isMissingPart, trouble } from '../api/errors.ts'
import { paths } from '../paths.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { Note } from '../ui/note.tsx'

/** A failure in words: what, who has to act, which rule, what next, and the id to quote. */
export function TroubleNote({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null
  const words = trouble(error)
  return (
    <Note kind="danger" title={words.title} live>
      <p>{words.detail}</p>
      {words.fields.length > 0 && (
        <ul className="list-disc pl-4">
          {words.fields.map((field) => (
            <li key={`${field.loc}${field.msg}`}>
              <code className="font-mono text-12">{field.loc}</code>: {field.msg}
            </li>
          ))}
        </ul>
      )}
      {words.rules.map((rule) => (
        <p key={rule}>
          Rule{' '}
          <Link {...paths.policy(rule)} className="underline underline-offset-2">
            {rule}
          </Link>
        </p>
      ))}
      <p className="text-n11">{[words.who, words.next].filter(Boolean).join(' ')}</p>
      {words.requestId !== undefined && (
        <p className="flex items-center gap-1 text-12 text-n11">
          Request <code className="font-mono">{words.requestId}</code>
          <CopyButton text={words.requestId} label="Copy request id" />
        </p>
      )}
    </Note>
  )
}

export function PageError({ error }: { error: unknown }) {
  const router = useRouter()
  const [busy, setBusy] = useState(false)
  const again = async () => {
    if (!isMissingPart(error)) return await router.invalidate()
    setBusy(true)
    // Loaded anew only once there is somebody to load it from: until then this page says more than the browser's own.
    const page = await fetch(window.location.href).catch(() => undefined)
    if (page?.ok === true) window.location.reload()
    else setBusy(false)
  }
  return (
    <PlainMain>
      <h1 className="text-20">This page could not be shown</h1>
      <TroubleNote error={error} />
      <div className="flex gap-2">
        <Button busy={busy} onClick={() => void again()}>
          Try again
        </Button>
        <Link
          {...paths.home()}
          className="self-center px-2 text-13 text-accent underline-offset-2 hover:underline"
        >
          Go to the start page
        </Link>
      </div>
    </PlainMain>
  )
}

/** An address that leads nowhere: nothing went wrong, and trying again would not help. */
export function NoPage() {
  return (
    <PlainMain>
      <h1 className="text-20">There is no page at this address</h1>
      <p className="text-13 text-n11">It may have been mistyped, or belong to another version.</p>
      <div>
        <Link {...paths.home()} className="text-13 text-accent underline-offset-2 hover:underline">
          Go to the start page
        </Link>
      </div>
    </PlainMain>
  )
}

/** A page error may stand inside the shell, which has the main landmark already, or alone. */
function PlainMain({ children }: { children: ReactNode }) {
  const Place = document.getElementById('main') === null ? 'main' : 'div'
  return <Place className="mx-auto grid w-full max-w-160 gap-4 p-8">{children}</Place>
}
