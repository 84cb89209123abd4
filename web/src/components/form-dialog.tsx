import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TroubleNote } from './trouble-note.tsx'

type Change = { readonly error: unknown; readonly isPending: boolean; mutate(input: undefined): void }

/** A dialog that sends what is entered: the fields, what went wrong with them, and the ways out. */
export function FormDialog(props: {
  title: string
  about?: string
  verb: string
  /** Why it cannot be sent yet. */
  why: string | undefined
  change: Change
  onClose(): void
  children: ReactNode
}) {
  const { change, why, onClose } = props
  return (
    <Dialog
      holds="input"
      title={props.title}
      {...(props.about === undefined ? {} : { about: props.about })}
      onClose={onClose}
    >
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (why === undefined) change.mutate(undefined)
        }}
      >
        {props.children}
        <TroubleNote error={change.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={change.isPending} why={why}>
            {props.verb}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
