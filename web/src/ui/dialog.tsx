import { Dialog as Primitive } from 'radix-ui'
import type { ReactNode } from 'react'
import { useRef, useState } from 'react'
import { Button, buttonClass } from './button.tsx'
import { cx } from './cx.ts'
import { TextField } from './field.tsx'

const box =
  'fixed top-[12vh] left-1/2 z-50 grid max-h-[80vh] w-[calc(100%-32px)] max-w-112 -translate-x-1/2 data-open:animate-rise gap-4 overflow-y-auto rounded bg-raised p-5 shadow-float outline-none'

const stay = (event: Event) => event.preventDefault()

/** A press beside what is open leaves the keyboard where it was. */
function Scrim() {
  return (
    <Primitive.Overlay
      className="fixed inset-0 z-50 data-open:animate-fade bg-scrim"
      onMouseDown={(event) => event.preventDefault()}
    />
  )
}

export function Dialog(props: {
  title: string
  about?: string
  wide?: boolean
  /** `input`: a click beside it takes nothing away. `secret`: shown once, so that only its own buttons close it. */
  holds?: 'input' | 'secret'
  onClose(): void
  children: ReactNode
}) {
  return (
    <Primitive.Root open onOpenChange={(open) => open || props.onClose()}>
      <Primitive.Portal>
        <Scrim />
        <Primitive.Content
          className={cx(box, props.wide === true && 'max-w-144')}
          {...(props.holds === undefined ? {} : { onPointerDownOutside: stay, onInteractOutside: stay })}
          {...(props.holds === 'secret' ? { onEscapeKeyDown: stay } : {})}
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

/**
 * Of the same parts as Drawer and Dialog: only these know of each other, so that the keyboard moves into what opened last
 * and Escape closes nothing behind it. (AlertDialog comes with a focus trap of its own.)
 */
export function ConfirmDialog(props: Confirm) {
  const cancel = useRef<HTMLButtonElement>(null)
  const [typed, setTyped] = useState('')
  const why = props.word !== undefined && typed !== props.word ? `Type ${props.word} to confirm` : undefined
  return (
    <Primitive.Root open onOpenChange={(open) => open || props.onClose()}>
      <Primitive.Portal>
        <Scrim />
        <Primitive.Content
          role="alertdialog"
          className={box}
          // What changes nothing comes first, and a click beside the question is no answer to it.
          onOpenAutoFocus={(event) => {
            event.preventDefault()
            cancel.current?.focus({ preventScroll: true })
          }}
          onPointerDownOutside={stay}
          onInteractOutside={stay}
        >
          <div className="grid gap-1">
            <Primitive.Title className="text-16 font-semibold">{props.title}</Primitive.Title>
            <Primitive.Description className="text-13 text-n11">{props.about}</Primitive.Description>
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
            <Primitive.Close ref={cancel} className={buttonClass('plain')}>
              Cancel
            </Primitive.Close>
            <Button look="danger" why={why} busy={props.busy} onClick={props.onConfirm}>
              {props.verb}
            </Button>
          </div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}
