import { createHmac } from 'node:crypto'
import { keyringOf } from '../../server/src/credentials/keyring.ts'
import { openIdentity } from '../../server/src/identity/identity.ts'
import type { Caller } from '../../server/src/kernel/caller.ts'
import type { CloseEntry, Journal, OpenEntry } from '../../server/src/kernel/entry.ts'
import { newId } from '../../server/src/kernel/ids.ts'
import { openGuardedFetch } from '../../server/src/lib/guarded-fetch.ts'
import { addressGuard } from '../../server/src/lib/network.ts'
import { signInRoutes } from '../../server/src/sign-in/api.ts'
import { openSignIn } from '../../server/src/sign-in/sign-in.ts'
import { ssoRoutes } from '../../server/src/sso/api.ts'
import { openSso } from '../../server/src/sso/sso.ts'
import type { Storage } from '../../server/src/storage/storage.ts'
import { callRoute, type Sent } from './call-route.ts'
import { quietLog } from './stores.ts'

/** Single sign-on on a store, with a Super Admin, and browsers that keep cookies. */
export async function openSsoWorld(storage: Storage, publicUrl = 'http://localhost:3000') {
  const clock = { aheadMs: 0 }
  const now = () => Date.now() + clock.aheadMs
  const { db, bus } = storage
  const keyring = keyringOf(createHmac('sha256', 'test').update('data').digest())
  const config = { admin: undefined, publicUrl: new URL(publicUrl), productName: 'Runlayer' }
  const identity = await openIdentity({ db, bus, keyring, config, now, log: quietLog })
  const entries: (OpenEntry & CloseEntry)[] = []
  const journal: Journal = {
    open: async (opened) => ({
      id: newId(),
      close: async (closed) => void entries.push({ ...opened, ...closed }),
    }),
  }
  const refused: string[] = []
  const fetch = openGuardedFetch({ guard: addressGuard(['127.0.0.0/8']) })
  const sso = openSso({
    db,
    keyring,
    identity,
    journal,
    fetch,
    publicUrl: config.publicUrl,
    now,
    onRefused: (facts) => void refused.push(facts.why),
  })
  const hostKeys = [createHmac('sha256', 'test').update('host').digest()]
  const signIn = openSignIn({ db, identity, sso, keyring, config, hostKeys, passwordCost: 2 ** 10, now })
  const routes = [...signInRoutes({ signIn }), ...ssoRoutes({ sso })]
  const call = (operationId: string, sent: Sent = {}) => callRoute(routes, operationId, sent)
  const signedIn = async (email: string): Promise<Caller> => {
    const { token } = await identity.mintSignInLink(email)
    const session = await identity.sessions.signIn(token, { ip: '192.0.2.1', userAgent: 'test' })
    return session.caller
  }
  await identity.people.create({ email: 'root@acme.test', roles: ['super_admin'] }, 'system')
  return {
    ...{ storage, clock, identity, sso, entries, refused, call, signedIn, hostKeys },
    root: await signedIn('root@acme.test'),
  }
}
export type SsoWorld = Awaited<ReturnType<typeof openSsoWorld>>

/** A browser without pages: its cookies, and what it asks for. */
export function openCookieJar({ call }: Pick<SsoWorld, 'call'>) {
  const jar: Record<string, string> = {}
  return {
    jar,
    async call<T = Record<string, unknown>>(operationId: string, sent: Sent = {}): Promise<T> {
      const answered = await call(operationId, { ...sent, cookies: jar })
      for (const cookie of answered.cookies) {
        const [pair = ''] = cookie.split(';')
        const at = pair.indexOf('=')
        if (cookie.includes('Max-Age=0')) delete jar[pair.slice(0, at)]
        else jar[pair.slice(0, at)] = pair.slice(at + 1)
      }
      return answered.value as T
    },
  }
}
