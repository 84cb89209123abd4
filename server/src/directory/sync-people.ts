import type { Identity } from '../identity/identity.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import type { ProvisioningToken } from './keep-tokens.ts'
import { patchResource } from './patch-resource.ts'
import { type Person, type PersonDraft, readPerson, showPerson, withDirectory } from './read-person.ts'
import { ScimRefusal } from './scim-error.ts'
import type { DirectoryStore, Slice } from './store.ts'

type People = Identity['people']

/** Changes of people with what follows when somebody leaves. */
export type OffBoarding = {
  update(
    id: UserId,
    change: Parameters<People['update']>[1],
    o: Charge,
  ): Promise<Awaited<ReturnType<People['update']>>>
  remove(id: UserId, o: Charge): Promise<unknown>
  heirOf(leaver: UserId, preferred: UserId | undefined): Promise<UserId | undefined>
}
type Charge = { by: 'system'; heir: UserId | undefined }

export type SyncParts = {
  identity: Pick<Identity, 'people' | 'groups'>
  offBoarding: OffBoarding
  store: DirectoryStore
  /** Address of `/scim/v2`. */
  base: string
  now: () => number
}

/** What a change made, for the audit. */
export type Changed = { resource: JsonObject; id: string; before?: JsonObject; words: string }

/** People as a directory changes them. It gives no roles, and takes nobody's account. */
export function syncPeople({ identity, offBoarding, store, base, now }: SyncParts) {
  const { people } = identity
  /** No person acts here, so whoever set the directory up takes over. */
  const charge = async (leaver: UserId, by: ProvisioningToken): Promise<Charge> => ({
    by: 'system',
    heir: await offBoarding.heirOf(leaver, by.createdBy ?? undefined),
  })
  const show = async (person: Person) => showPerson(person, await store.personLink(person.id), base)
  const find = async (id: string): Promise<Person> => {
    const person = isUuid(id) ? await people.find(id as UserId) : undefined
    if (person === undefined || person.demo) throw new ScimRefusal(404, 'There is no person with this id.')
    return person
  }
  const link = (userId: UserId, draft: PersonDraft) =>
    store.linkPerson({ userId, ...draft.link, syncedAt: new Date(now()) })
  const checkFree = async (draft: PersonDraft, self?: UserId) => {
    const { ids } = await store.people(byUserName(draft.link.userName))
    const others = [...ids, (await people.findByEmail(draft.email))?.id].filter(
      (id) => id !== undefined && id !== self,
    )
    if (others.length > 0)
      throw new ScimRefusal(409, 'Somebody with this userName or email exists already.', 'uniqueness')
  }
  const write = async (person: Person, resource: JsonObject, by: ProvisioningToken): Promise<Changed> => {
    const draft = readPerson(resource)
    const before = await show(person)
    checkMayRename(person, draft)
    await checkFree(draft, person.id)
    const change = changeOf(person, draft, await managerOf(draft, people))
    const { after } = await offBoarding.update(person.id, change, await charge(person.id, by))
    await link(person.id, draft)
    return {
      resource: await show(after),
      id: person.id,
      before,
      words: `${after.email} ${verbOf(person, after)}`,
    }
  }
  return {
    async list(slice: Slice) {
      const { total, ids } = await store.people(slice)
      const found = await Promise.all(ids.map((id) => people.find(id)))
      return { total, resources: await Promise.all(found.filter((one) => one !== undefined).map(show)) }
    },
    get: async (id: string) => show(await find(id)),
    async create(body: JsonObject, by: ProvisioningToken): Promise<Changed> {
      const draft = readPerson(body)
      await checkFree(draft)
      const attributes = await managerOf(draft, people)
      const { email, name } = draft
      const made = await people.create({ email, name, attributes }, 'system')
      await link(made.id, draft)
      if (!draft.active)
        await offBoarding.update(made.id, { status: 'deactivated' }, await charge(made.id, by))
      return { resource: await show(await find(made.id)), id: made.id, words: `${email} created` }
    },
    replace: async (id: string, body: JsonObject, by: ProvisioningToken) => write(await find(id), body, by),
    async patch(id: string, body: Json | undefined, by: ProvisioningToken) {
      const person = await find(id)
      return write(person, await patchResource('User', await show(person), body), by)
    },
    async remove(id: string, by: ProvisioningToken): Promise<Changed> {
      const person = await find(id)
      const before = await show(person)
      await offBoarding.remove(person.id, await charge(person.id, by))
      return { resource: {}, id: person.id, before, words: `${person.email} deleted` }
    },
  }
}

type Change = Parameters<People['update']>[1]

function changeOf(person: Person, draft: PersonDraft, said: PersonDraft['attributes']): Change {
  return {
    ...(draft.email === person.email ? {} : { email: draft.email }),
    ...(draft.name === '' ? {} : { name: draft.name }),
    // Said again of somebody who left already, it ends what could not be ended then.
    ...(draft.active && person.status === 'active'
      ? {}
      : { status: draft.active ? 'active' : 'deactivated' }),
    attributes: withDirectory(person.attributes, said),
  }
}

function verbOf(before: Person, { status }: Pick<Person, 'status'>): string {
  if (status === before.status) return 'updated'
  return status === 'active' ? 'reactivated' : 'deactivated'
}

const byUserName = (value: string): Slice => ({
  wanted: [[{ attribute: 'username', operator: 'eq', value }]],
  offset: 0,
  limit: 2,
})

/** Single sign-on knows people by their email: who may change it on an administrator could become that administrator. */
function checkMayRename(person: Person, draft: PersonDraft): void {
  if (draft.email.toLowerCase() === person.email.toLowerCase()) return
  if (person.roles.every((role) => role === 'user')) return
  throw new ScimRefusal(
    403,
    `${person.email} has a role on this platform, so only a Super Admin changes their email here. Change it there first.`,
    'mutability',
  )
}

/** A directory may name the manager by our id; rules go by what people know, their email. */
async function managerOf(
  draft: PersonDraft,
  people: Pick<People, 'find'>,
): Promise<PersonDraft['attributes']> {
  const named = draft.attributes['manager']?.[0]
  const manager = named !== undefined && isUuid(named) ? await people.find(named as UserId) : undefined
  return manager === undefined ? draft.attributes : { ...draft.attributes, manager: [manager.email] }
}
