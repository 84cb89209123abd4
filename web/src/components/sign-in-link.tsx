import { Link2 } from 'lucide-react'
import { useState } from 'react'
import { api } from '../api/client.ts'
import type { Me, SignInLinkDocument, User } from '../api/shapes.ts'
import { Button } from '../ui/button.tsx'
import { CopyTextButton } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Note } from '../ui/note.tsx'
import { useChange } from './use-change.ts'

/** Makes the link that signs a person in once, to be passed on by hand. */
export function SignInLink({ user, me }: { user: User; me: Me }) {
  const [made, setMade] = useState<SignInLinkDocument>()
  // Who was never here is invited; an IT Admin may do that for whoever has no special role.
  const isNew = user.last_seen_at === null
  const mayInvite =
    isNew &&
    me.capabilities.includes('people.write') &&
    user.roles.every((role) => role === 'user' || me.capabilities.includes('roles.write'))
  const make = useChange({
    run: () => api.call(isNew ? 'createInvitation' : 'createSignInLink', { params: { id: user.id } }),
    loud: true,
    after: setMade,
  })
  const why =
    user.status !== 'active'
      ? 'Somebody deactivated cannot sign in'
      : mayInvite || me.capabilities.includes('roles.write')
        ? undefined
        : 'Only a Super Admin makes sign-in links'
  return (
    <>
      <Button
        icon={<Link2 aria-hidden="true" />}
        why={why}
        busy={make.isPending}
        onClick={() => make.mutate(undefined)}
      >
        {isNew ? 'Make invitation link' : 'Make sign-in link'}
      </Button>
      {made !== undefined && (
        <Dialog
          holds="secret"
          title={`${isNew ? 'Invitation' : 'Sign-in link'} for ${user.name || user.email}`}
          onClose={() => setMade(undefined)}
        >
          <Note kind="warning" title={`It works once, within ${isNew ? '7 days' : '24 hours'}`}>
            <p>
              Whoever opens it is {user.name || user.email}. Pass it on where only they can read it. An older
              link stops working.
            </p>
          </Note>
          {made.mail === 'sent' && (
            <p className="text-13">It was sent to {user.email}. You need not pass it on.</p>
          )}
          {made.mail === 'failed' && (
            <Note kind="danger" title="It could not be sent by mail">
              <p>{made.mail_problem} Pass the link on yourself.</p>
            </Note>
          )}
          <code className="rounded border border-n6 bg-n2 p-3 font-mono text-12 break-all select-all">
            {made.url}
          </code>
          <div className="flex justify-end gap-2">
            <CopyTextButton text={made.url}>Copy link</CopyTextButton>
            <Button look="primary" onClick={() => setMade(undefined)}>
              Done
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
