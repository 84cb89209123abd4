import { Link2 } from 'lucide-react'
import { useState } from 'react'
import { api } from '../api/client.ts'
import type { Me, User } from '../api/shapes.ts'
import { Button } from '../ui/button.tsx'
import { CopyTextButton } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Note } from '../ui/note.tsx'
import { useChange } from './use-change.ts'

/** Makes the link that signs a person in once, to be passed on by hand. */
export function SignInLink({ user, me }: { user: User; me: Me }) {
  const [url, setUrl] = useState<string>()
  const make = useChange({
    run: () => api.call('createSignInLink', { params: { id: user.id } }),
    loud: true,
    after: (link) => setUrl(link.url),
  })
  const why =
    user.status !== 'active'
      ? 'Somebody deactivated cannot sign in'
      : me.capabilities.includes('roles.write')
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
        Make sign-in link
      </Button>
      {url !== undefined && (
        <Dialog title={`Sign-in link for ${user.name || user.email}`} onClose={() => setUrl(undefined)}>
          <Note kind="warning" title="It works once, within 24 hours">
            <p>
              Whoever opens it is {user.name || user.email}. Pass it on where only they can read it. An older
              link stops working.
            </p>
          </Note>
          <code className="rounded border border-n6 bg-n2 p-3 font-mono text-12 break-all select-all">
            {url}
          </code>
          <div className="flex justify-end gap-2">
            <CopyTextButton text={url}>Copy link</CopyTextButton>
            <Button look="primary" onClick={() => setUrl(undefined)}>
              Done
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
