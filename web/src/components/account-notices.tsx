import { useQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
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
