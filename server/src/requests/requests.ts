import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, newId, type UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import { type Request, type RequestFilter, requestStore } from './store.ts'

/** What people asked an administrator for: one inbox for every kind. */
export type Requests = {
  /** The open request for this subject, made now when there is none. Throws rate-limited past the person's share. */
  ask(wanted: Pick<Request, 'kind' | 'subject' | 'requestedBy' | 'reason' | 'detail'>): Promise<Request>
  newest(kind: string, subject: string): Promise<Request | undefined>
  find(id: string): Promise<Request | undefined>
  page(filter: RequestFilter, after: string | undefined, limit: number): Promise<Request[]>
  /** Throws not-found, or conflict when somebody decided before. */
  decide(id: string, verdict: Verdict, by: UserId): Promise<Request>
}

export type Verdict = { status: 'approved' | 'rejected'; note: string }

/** What an approval or a refusal of one kind does besides being remembered. */
export type Effects = Readonly<
  Record<
    string,
    {
      approve(request: Request, by: Caller): Promise<void>
      reject?(request: Request, by: Caller): Promise<void>
    }
  >
>

const maxOpen = 50

export function openRequests({ db, now }: { db: Db; now: () => number }): Requests {
  const store = requestStore(db)
  return {
    async ask(wanted) {
      if ((await store.openOf(wanted.requestedBy)) >= maxOpen)
        throw new GatewayError('rate-limited', `You have ${maxOpen} open requests, which is the limit.`)
      const at = now()
      const request: Request = {
        ...wanted,
        id: newId(at),
        status: 'pending',
        createdAt: new Date(at),
        decidedAt: undefined,
        decidedBy: undefined,
        note: '',
      }
      if (await store.insert(request)) return request
      return (await store.newest(wanted.kind, wanted.subject)) ?? request
    },
    newest: store.newest,
    find: async (id) => (isUuid(id) ? await store.find(id) : undefined),
    page: store.page,
    async decide(id, { status, note }, by) {
      const done = isUuid(id)
        ? await store.decide(id, { status, note, decidedBy: by, decidedAt: new Date(now()) })
        : undefined
      if (done !== undefined) return done
      if (!isUuid(id) || (await store.find(id)) === undefined)
        throw new GatewayError('not-found', 'There is no request with this id.')
      throw new GatewayError('conflict', 'This request was decided already.')
    },
  }
}
