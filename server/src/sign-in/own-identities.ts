import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Sso } from '../sso/sso.ts'
import type { SignInStore } from './store.ts'

type SsoIdentity = Awaited<ReturnType<Sso['identitiesOf']>>[number]

export type OwnIdentities = {
  of(userId: UserId): Promise<readonly SsoIdentity[]>
  /**
   * Disconnects the caller from a provider. Throws sign-in-again, not-found, and conflict where they could not sign in
   * any more.
   */
  disconnect(caller: Caller, providerId: string): Promise<SsoIdentity>
}

export function openOwnIdentities(o: {
  sso: Pick<Sso, 'requiredFor' | 'identitiesOf' | 'disconnect'>
  store: Pick<SignInStore, 'password' | 'passkeys'>
  checkRecent(caller: Caller): Promise<void>
}): OwnIdentities {
  const { sso, store } = o
  const checkOtherWay = async (caller: Caller, others: readonly SsoIdentity[]): Promise<void> => {
    if (others.length > 0) return
    const required = await sso.requiredFor(caller.email)
    if (required !== undefined)
      throw new GatewayError(
        'conflict',
        `You must sign in through ${required.name}. An administrator can disconnect you.`,
      )
    const has =
      (await store.password(caller.id)) !== undefined || (await store.passkeys(caller.id)).length > 0
    if (!has)
      throw new GatewayError(
        'conflict',
        'This is your only way to sign in. Set a password or add a passkey first.',
      )
  }
  return {
    of: sso.identitiesOf,
    async disconnect(caller, providerId) {
      await o.checkRecent(caller)
      const all = await sso.identitiesOf(caller.id)
      const found = all.find((one) => one.providerId === providerId)
      if (found === undefined)
        throw new GatewayError('not-found', 'You are not connected with such an identity provider.')
      await checkOtherWay(
        caller,
        all.filter((one) => one.providerId !== providerId),
      )
      await sso.disconnect(caller.id, found.providerId)
      return found
    },
  }
}
