import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { CopyTextButton } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Note } from '../ui/note.tsx'

/** A secret just made. `children`: what stands above it. */
export function SecretDialog(props: {
  title: string
  warning: string
  secret: string
  copy: string
  onClose(): void
  children?: ReactNode
}) {
  return (
    <Dialog holds="secret" title={props.title} onClose={props.onClose}>
      <Note kind="warning" title="It is shown only this once">
        <p>{props.warning}</p>
      </Note>
      {props.children}
      <SecretText>{props.secret}</SecretText>
      <div className="flex justify-end gap-2">
        <CopyTextButton text={props.secret}>{props.copy}</CopyTextButton>
        <Button look="primary" onClick={props.onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}

export function SecretText({ children }: { children: string }) {
  return (
    <code className="rounded border border-n6 bg-n2 p-3 font-mono text-12 break-all select-all">
      {children}
    </code>
  )
}
