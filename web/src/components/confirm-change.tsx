import type { ReactNode } from 'react'
import { ConfirmDialog } from '../ui/dialog.tsx'
import { TroubleNote } from './trouble-note.tsx'
import { useChange } from './use-change.ts'

/**
 * Asks before something is lost, does it, and says in place what went wrong. Each question begins anew: what the one before
 * failed by is not shown again.
 */
export function ConfirmChange<Output>(props: {
  title: string
  /** What is lost, and whether it can be had again. */
  about: string
  verb: string
  /** A word to type first, for what cannot be undone and takes other things with it. */
  word?: string
  run(): Promise<Output>
  done?: string
  /** Where closing the question is not enough afterwards. */
  after?(output: Output): void
  onClose(): void
  children?: ReactNode
}) {
  const { title, about, verb, word, done, after, onClose } = props
  const change = useChange({
    run: props.run,
    ...(done === undefined ? {} : { done }),
    after: (output: Output) => {
      onClose()
      after?.(output)
    },
  })
  return (
    <ConfirmDialog
      title={title}
      about={about}
      verb={verb}
      {...(word === undefined ? {} : { word })}
      busy={change.isPending}
      onConfirm={() => change.mutate(undefined)}
      onClose={onClose}
    >
      {props.children}
      <TroubleNote error={change.error} />
    </ConfirmDialog>
  )
}
