import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { paths } from '../paths.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { Note } from '../ui/note.tsx'
import { Time } from '../ui/time.tsx'
import { useChange } from './use-change.ts'

/** What others did to this account, until its person has put it away. */
export function AccountNotices() {
  const notices = useQuery(queries.notices()).data?.data ?? []
  const away = useChange({
    run: (id: string) => api.call('deleteNotice', { params: { id } }),
    loud: true,
  })
  return notices.map((notice) => (
    <Note key={notice.id} kind="warning" title="Somebody changed your account">
      <p>
        {notice.text} <Time iso={notice.created_at} />
      </p>
      <Button
        size="small"
        className="justify-self-start"
        aria-label={`Put away: ${notice.text}`}
        onClick={() => away.mutate(notice.id)}
      >
        Put away
      </Button>
    </Note>
  ))
}

/** For whoever came by a link, which works once, and has nothing else yet. */
export function SignInAgain() {
  const security = useQuery(queries.security()).data
  if (security === undefined || security.password_changed_at !== null || security.passkeys.length > 0)
    return null
  return (
    <Note kind="info" title="Make sure you can sign in again">
      <p>The link you came with worked once. Set a password or add a passkey.</p>
      <Link {...paths.account()} className={cx(buttonClass('plain', 'small'), 'justify-self-start')}>
        Account security
      </Link>
    </Note>
  )
}
