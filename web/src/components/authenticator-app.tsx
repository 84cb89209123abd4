import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import * as queries from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { CopyLine, CopyTextButton } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Note } from '../ui/note.tsx'
import { Section } from '../ui/page.tsx'
import { ConfirmChange } from './confirm-change.tsx'
import { FormDialog } from './form-dialog.tsx'
import { useChange } from './use-change.ts'

type Draft = { secret: string; uri: string }

/** Turns codes after the password on and off. */
export function AuthenticatorApp() {
  const { totp, recovery_codes_left: left } = useSuspenseQuery(queries.security()).data
  const [draft, setDraft] = useState<Draft>()
  const [codes, setCodes] = useState<readonly string[]>()
  const [ending, setEnding] = useState(false)
  const begin = useChange({ run: () => api.call('draftTotp'), loud: true, after: setDraft })
  const renew = useChange({
    run: () => api.call('renewRecoveryCodes'),
    loud: true,
    after: (made) => setCodes(made.recovery_codes),
  })
  return (
    <Section
      title="Authenticator app"
      about={
        totp
          ? `A code is asked for after your password. ${left} of 10 recovery codes are left.`
          : 'Asks for a code of your phone after the password.'
      }
      actions={
        totp ? (
          <div className="flex flex-wrap gap-2">
            <Button busy={renew.isPending} onClick={() => renew.mutate(undefined)}>
              New recovery codes
            </Button>
            <Button look="danger" onClick={() => setEnding(true)}>
              Turn off
            </Button>
          </div>
        ) : (
          <Button busy={begin.isPending} onClick={() => begin.mutate(undefined)}>
            Set up
          </Button>
        )
      }
    >
      {draft !== undefined && (
        <Confirm
          draft={draft}
          onClose={() => setDraft(undefined)}
          onDone={(made) => {
            setDraft(undefined)
            setCodes(made)
          }}
        />
      )}
      {codes !== undefined && <RecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
      {ending && (
        <ConfirmChange
          title="Turn off codes"
          about="Your password alone signs you in then. Your recovery codes stop working."
          verb="Turn off"
          run={() => api.call('disableTotp')}
          done="No code is asked for any more"
          onClose={() => setEnding(false)}
        />
      )}
    </Section>
  )
}

function Confirm({
  draft,
  onClose,
  onDone,
}: {
  draft: Draft
  onClose(): void
  onDone(codes: readonly string[]): void
}) {
  const [code, setCode] = useState('')
  const confirm = useChange({
    run: () => api.call('confirmTotp', { body: { code: code.trim() } }),
    after: (made) => onDone(made.recovery_codes),
  })
  const why = code.trim() === '' ? 'Enter the code your app shows' : undefined
  return (
    <FormDialog
      title="Set up an authenticator app"
      about="Enter this secret in your app, then the code the app shows. Nothing is asked for until that worked."
      verb="Turn on"
      why={why}
      change={confirm}
      onClose={onClose}
    >
      <div className="grid gap-1.5">
        <p className="text-13 font-medium">Secret</p>
        <CopyLine text={draft.secret.replace(/.{4}(?=.)/g, '$& ')} label="Copy secret" />
        <p className="text-12 text-n10">
          On a phone you can also{' '}
          <a href={draft.uri} className="text-accent underline underline-offset-2">
            open it in the app
          </a>
          .
        </p>
      </div>
      <TextField
        label="Code"
        inputMode="numeric"
        autoComplete="one-time-code"
        mono
        required
        value={code}
        error={fieldError(confirm.error, 'code')}
        onChange={(event) => setCode(event.target.value)}
      />
    </FormDialog>
  )
}

function RecoveryCodes({ codes, onClose }: { codes: readonly string[]; onClose(): void }) {
  return (
    <Dialog holds="secret" title="Keep your recovery codes" onClose={onClose}>
      <Note kind="warning" title="They are shown only this once">
        <p>Each signs you in once when your phone is gone. Keep them where your password is not.</p>
      </Note>
      <ul className="grid grid-cols-2 gap-x-6 gap-y-1 rounded border border-n6 bg-n2 p-3 font-mono text-13 select-all">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex justify-end gap-2">
        <CopyTextButton text={codes.join('\n')}>Copy codes</CopyTextButton>
        <Button look="primary" onClick={onClose}>
          I have them
        </Button>
      </div>
    </Dialog>
  )
}
