import { noAttributes } from '../kernel/attributes.ts'
import type { Role } from '../kernel/caller.ts'
import { newId } from '../kernel/ids.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { personalPower } from './change-keys.ts'
import { keyedHash, prefixOf } from './make-secret.ts'
import type { Person } from './person.ts'
import { isUntouched, keyStore, markApplied, setupStore } from './proof-store.ts'
import { peopleStore } from './store.ts'

/** The person a first start makes when the environment names none. */
export const firstAdminEmail = 'admin@localhost'

export type SetupParts = { db: Db; bus: Bus; hashKey: Buffer; now: () => number }

/**
 * Sees to it that somebody can administer the installation. With `admin`, that person with that key, once per pair:
 * a key revoked later stays revoked. Without, admin@localhost when there is no Super Admin. Answers the email a sign-in
 * link should be printed for: the made person, as long as nobody has used the installation.
 */
export async function setUpAdmin(
  { db, bus, hashKey, now }: SetupParts,
  admin: { email: string; apiKey: string } | undefined,
): Promise<string | undefined> {
  const at = new Date(now())
  const linkFor = await setupStore(db).alone(async (tx) => {
    if (admin === undefined) return firstAdmin(tx, at)
    const hash = keyedHash(hashKey, admin.apiKey)
    if (await markApplied(tx, keyedHash(hashKey, `${admin.email.toLowerCase()} ${hash}`), at)) {
      const person = await superAdmin(tx, admin.email, at)
      const known = await keyStore(tx).findByHash(hash)
      if (known !== undefined && known.person?.id !== person.id) {
        throw new Error('RUNLAYER_ADMIN_API_KEY is the key of somebody else; choose another')
      }
      if (known === undefined) await giveKey(tx, person, { hash, prefix: prefixOf(admin.apiKey), at })
    }
    return undefined
  })
  await bus.publish('identity', '*')
  return linkFor
}

async function firstAdmin(tx: Db, at: Date): Promise<string | undefined> {
  const people = peopleStore(tx)
  if ((await people.superAdminCount()) === 0) {
    await superAdmin(tx, firstAdminEmail, at)
    return firstAdminEmail
  }
  const first = await people.findByEmail(firstAdminEmail)
  return first !== undefined && (await isUntouched(tx, first)) ? first.email : undefined
}

/** The person with this email as an active Super Admin, made if need be. */
export async function superAdmin(tx: Db, email: string, at: Date): Promise<Person> {
  const people = peopleStore(tx)
  const known = await people.findByEmail(email)
  const power: readonly Role[] = ['super_admin']
  if (known === undefined) {
    await people.insert({
      id: newId<'user'>(at.getTime()),
      email,
      name: '',
      roles: power,
      status: 'active',
      attributes: noAttributes,
      demo: false,
      createdAt: at,
      updatedAt: at,
    })
  } else if (known.status !== 'active' || !known.roles.includes('super_admin')) {
    await people.update(known.id, { status: 'active', roles: [...new Set([...known.roles, ...power])] }, at)
  }
  const person = await people.findByEmail(email)
  if (person === undefined) throw new Error('a person just made is missing')
  return person
}

async function giveKey(
  tx: Db,
  person: Person,
  key: { hash: string; prefix: string; at: Date },
): Promise<void> {
  await keyStore(tx).insert(
    {
      id: newId<'api_key'>(key.at.getTime()),
      ...personalPower(person.id),
      name: 'RUNLAYER_ADMIN_API_KEY',
      prefix: key.prefix,
      createdBy: undefined,
      createdAt: key.at,
      expiresAt: undefined,
      lastUsedAt: undefined,
      lastUsedIp: undefined,
    },
    key.hash,
    Number.POSITIVE_INFINITY,
  )
}
