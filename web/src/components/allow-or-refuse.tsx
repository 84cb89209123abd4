import { Button } from '../ui/button.tsx'
import { TroubleNote } from './trouble-note.tsx'

type Answer = { readonly error: unknown; readonly isPending: boolean; mutate(input: undefined): void }

/** A person's answer to what asks to act for them. */
export function AllowOrRefuse({ agree, refuse }: { agree: Answer; refuse: Answer }) {
  return (
    <>
      <TroubleNote error={agree.error ?? refuse.error} />
      <div className="flex gap-2">
        <Button look="primary" busy={agree.isPending} onClick={() => agree.mutate(undefined)}>
          Allow
        </Button>
        <Button busy={refuse.isPending} onClick={() => refuse.mutate(undefined)}>
          Refuse
        </Button>
      </div>
    </>
  )
}
