import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type SessionId, type UserId } from '../kernel/ids.ts'
import { type Route, route, type SignInContext } from '../kernel/route.ts'
import { checkMayTouch } from './change-people.ts'
import type { Identity } from './identity.ts'
import type { Device } from './person.ts'

const Session = z
  .object({
    id: z.string(),
    current: z.boolean().describe('The session this request was made with.'),
    method: z.enum(['link', 'password', 'passkey', 'single_sign_on']),
    ip: z.string().nullable().describe('Where it began.'),
    user_agent: z.string().nullable(),
    created_at: z.string(),
    last_seen_at: z.string().describe('Up to a minute late.'),
  })
  .meta({ id: 'ConsoleSession' })
const Sessions = z.object({ data: z.array(Session), next_cursor: z.null() })
const Params = z.object({ id: z.string() })

type Parts = { identity: Pick<Identity, 'sessions' | 'people'> }

/** A person's devices: each console session, and the ways to end them. At most 20, so the list has one page. */
export function sessionRoutes(parts: Parts): Route[] {
  return [...ownRoutes(parts), ...endRoutes(parts)]
}

const ended = { tag: 'Sessions', output: z.undefined(), status: 204 } as const

function ownRoutes({ identity: { sessions } }: Parts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/sessions',
      operationId: 'listSessions',
      summary: 'Your own console sessions, newest first',
      tag: 'Sessions',
      needs: 'anyone',
      output: Sessions,
      status: 200,
      async run({ caller }) {
        const devices = await sessions.devices(caller.id)
        return { data: devices.map((device) => show(device, caller)), next_cursor: null }
      },
    }),
    route({
      ...ended,
      method: 'DELETE',
      path: '/api/v1/sessions/current',
      operationId: 'deleteSession',
      summary: 'Signs out of the console',
      needs: 'anyone',
      audit: { action: 'session_deleted', resourceType: 'session' },
      async run(context) {
        const clearing = await sessions.signOut(context.caller)
        context.record({ resourceId: context.caller.proof.id })
        ;(context as SignInContext).setCookie(clearing)
        return undefined
      },
    }),
    route({
      ...ended,
      method: 'DELETE',
      path: '/api/v1/sessions/{id}',
      operationId: 'revokeSession',
      summary: 'Signs one of your devices out at once',
      needs: 'anyone',
      audit: { action: 'session_revoked', resourceType: 'session' },
      params: Params,
      async run({ caller }, { params }) {
        const count = isUuid(params.id) ? await sessions.end(caller.id, { only: params.id as SessionId }) : 0
        if (count === 0) throw new GatewayError('not-found', 'You have no session with this id.')
        return undefined
      },
    }),
  ]
}

function endRoutes({ identity: { sessions, people } }: Parts): Route[] {
  return [
    route({
      ...ended,
      method: 'DELETE',
      path: '/api/v1/sessions',
      operationId: 'revokeOtherSessions',
      summary: 'Signs out everywhere else: every session of yours but the one of this request',
      needs: 'anyone',
      audit: { action: 'sessions_revoked', resourceType: 'user' },
      async run(context) {
        const { id, proof } = context.caller
        const count = await sessions.end(id, proof.kind === 'session' ? { except: proof.id } : {})
        context.record({ resourceId: id, after: { ended: count } })
        return undefined
      },
    }),
    route({
      ...ended,
      method: 'DELETE',
      path: '/api/v1/users/{id}/sessions',
      operationId: 'revokeUserSessions',
      summary: 'Signs a person out everywhere; their keys go on working',
      needs: 'people.write',
      audit: { action: 'sessions_revoked', resourceType: 'user' },
      params: Params,
      async run(context, { params }) {
        const person = isUuid(params.id) ? await people.find(params.id as UserId) : undefined
        if (person === undefined) throw new GatewayError('not-found', 'There is no person with this id.')
        checkMayTouch(person, context.caller)
        const count = await sessions.end(person.id)
        context.record({ resourceId: person.id, after: { ended: count } })
        return undefined
      },
    }),
  ]
}

function show(device: Device, caller: Caller) {
  return {
    id: device.id,
    current: device.id === caller.proof.id,
    method: device.method,
    ip: device.ip ?? null,
    user_agent: device.userAgent ?? null,
    created_at: device.createdAt.toISOString(),
    last_seen_at: device.seenAt.toISOString(),
  }
}
