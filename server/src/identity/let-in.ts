import { GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { type Author, checkMayGiveRoles, type People, plainRoles } from './change-people.ts'
import { invitationMs, recoveryMs, type Sessions, type SignInLink } from './keep-session.ts'
import { type KeyStore, setupStore } from './proof-store.ts'
import { firstAdminEmail, superAdmin } from './set-up-admin.ts'
import { peopleStore } from './store.ts'

type Links = Pick<Sessions, 'mintSignInLink'>
export type Known = (person: { id: UserId; email: string }) => Promise<void>

/**
 * A link is the person, so whoever may not give a role may not hold the link of somebody who has it; and once somebody
 * has signed in or has a key, their account is theirs.
 */
export async function invite(
  { people, links, keys }: { people: People; links: Links; keys: Pick<KeyStore, 'page'> },
  userId: UserId,
  by: Author,
): Promise<SignInLink> {
  const person = await people.find(userId)
  if (person === undefined) throw new GatewayError('not-found', 'There is no person with this id.')
  if (person.status !== 'active') throw new GatewayError('conflict', 'This person is deactivated.')
  if (person.roles.some((role) => !plainRoles.includes(role))) checkMayGiveRoles(by)
  const theirs = { mine: userId, people: false, organization: false, deploy: false }
  if (person.signedInAt !== undefined || (await keys.page(theirs, undefined, 1)).length > 0)
    throw new GatewayError(
      'conflict',
      'This person has used their account already. A Super Admin can make a sign-in link instead.',
    )
  return links.mintSignInLink(person.email, invitationMs)
}

export async function recoverAdmin(
  { db, bus, now, links }: { db: Db; bus: Bus; now: () => number; links: Links },
  email: string | undefined,
  known: Known,
): Promise<{ email: string; link: SignInLink }> {
  const wanted = email ?? (await peopleStore(db).firstSuperAdmin())?.email ?? firstAdminEmail
  const found = await peopleStore(db).findByEmail(wanted)
  if (found !== undefined) await known(found)
  const person = await setupStore(db).alone((tx) => superAdmin(tx, wanted, new Date(now())))
  if (found === undefined) await known(person)
  await bus.publish('identity', person.id)
  return { email: person.email, link: await links.mintSignInLink(person.email, recoveryMs) }
}
