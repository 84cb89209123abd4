import { AlertDialog, Dialog as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { Button, buttonClass } from './button.tsx'
import { cx } from './cx.ts'
import { TextField } from './field.tsx'

const box =
  'fixed top-[12vh] left-1/2 z-50 grid max-h-[80vh] w-[calc(100%-32px)] max-w-112 -translate-x-1/2 data-open:animate-rise gap-4 overflow-y-auto rounded bg-raised p-5 shadow-float outline-none'

export function Dialog(props: {
  title: string
  about?: string
  wide?: boolean
  onClose(): void
  children: ReactNode
}) {
  return (
    <Primitive.Root open onOpenChange={(open) => open || props.onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-50 data-open:animate-fade bg-scrim" />
        <Primitive.Content
          className={cx(box, props.wide === true && 'max-w-144')}
          {...(props.about === undefined ? { 'aria-describedby': undefined } : {})}
        >
          <div className="grid gap-1">
            <Primitive.Title className="text-16 font-semibold">{props.title}</Primitive.Title>
            {props.about !== undefined && (
              <Primitive.Description className="text-13 text-n11">{props.about}</Primitive.Description>
            )}
          </div>
          {props.children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

type Confirm = {
  title: string
  about: string
  verb: string
  busy: boolean
  /** A word to type first, for what cannot be undone and takes other things with it. */
  word?: string
  children?: ReactNode
  onConfirm(): void
  onClose(): void
}

export function ConfirmDialog(props: Confirm) {
  const [typed, setTyped] = useState('')
  const why = props.word !== undefined && typed !== props.word ? `Type ${props.word} to confirm` : undefined
  return (
    <AlertDialog.Root open onOpenChange={(open) => open || props.onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-50 data-open:animate-fade bg-scrim" />
        <AlertDialog.Content className={box}>
          <div className="grid gap-1">
            <AlertDialog.Title className="text-16 font-semibold">{props.title}</AlertDialog.Title>
            <AlertDialog.Description className="text-13 text-n11">{props.about}</AlertDialog.Description>
          </div>
          {props.children}
          {props.word !== undefined && (
            <TextField
              label={`Type ${props.word} to confirm`}
              value={typed}
              onChange={(e) => setTyped(e.target.value)}
              autoComplete="off"
            />
          )}
          <div className="flex justify-end gap-2">
            <AlertDialog.Cancel className={buttonClass('plain')}>Cancel</AlertDialog.Cancel>
            <Button look="danger" why={why} busy={props.busy} onClick={props.onConfirm}>
              {props.verb}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
