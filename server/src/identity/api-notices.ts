import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Identity } from './identity.ts'

const Notice = z
  .object({ id: z.string(), text: z.string(), created_at: z.string() })
  .meta({ id: 'AccountNotice' })

/** What others did to a person's account, until the person has put it away. */
export function noticeRoutes({ identity: { notices } }: { identity: Pick<Identity, 'notices'> }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/users/me/notices',
      operationId: 'listNotices',
      summary: 'What others did to your account, newest first',
      tag: 'Account security',
      needs: 'anyone',
      output: z.object({ data: z.array(Notice), next_cursor: z.null() }),
      status: 200,
      async run({ caller }) {
        const found = await notices.list(caller.id)
        const data = found.map(({ id, text, createdAt }) => ({
          id,
          text,
          created_at: createdAt.toISOString(),
        }))
        return { data, next_cursor: null }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/users/me/notices/{id}',
      operationId: 'deleteNotice',
      summary: 'Puts a notice away',
      tag: 'Account security',
      needs: 'anyone',
      audit: { action: 'notice_deleted', resourceType: 'notice' },
      params: z.object({ id: z.string() }),
      output: z.undefined(),
      status: 204,
      async run({ caller }, { params }) {
        if (!isUuid(params.id) || !(await notices.remove(caller.id, params.id)))
          throw new GatewayError('not-found', 'You have no notice with this id.')
        return undefined
      },
    }),
  ]
}
