import { type Attributes, noAttributes } from '../kernel/attributes.ts'
import type { Caller, Role } from '../kernel/caller.ts'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import { type GroupId, newId, type UserId } from '../kernel/ids.ts'
import { forbiddenPair, roleWords } from '../kernel/role-matrix.ts'
import { can } from '../kernel/route.ts'
import type { Bus } from '../storage/storage.ts'
import type { GroupStore } from './group-store.ts'
import type { Group, Person } from './person.ts'
import type { PageOf, PeopleStore, PersonChange, Sorted } from './store.ts'
import { tellEnded } from './tell-ended.ts'

/** Who changes something: a person whose roles count, or the installation itself. */
export type Author = Pick<Caller, 'id' | 'roles'> | 'system'

/** People and groups as records. Every change is told on the bus before it returns. */
export type People = {
  find(id: UserId): Promise<Person | undefined>
  findByEmail(email: string): Promise<Person | undefined>
  page(page: PageOf): Promise<Sorted<Person>[]>
  /** Throws not-allowed for roles the author may not give, conflict when the email is taken. */
  create(draft: PersonDraft, by: Author): Promise<Person>
  /** Throws not-found, not-allowed, or conflict (email taken, last Super Admin). */
  update(id: UserId, change: PersonChange, by: Author): Promise<{ before: Person; after: Person }>
  /** Ends keys and sessions at once. Throws like update. */
  remove(id: UserId, by: Author): Promise<Person>
  /** Removes people and groups of the demo; answers how many people. */
  removeDemo(): Promise<number>
}

type PersonDraft = {
  email: string
  name?: string
  roles?: readonly Role[]
  attributes?: Attributes
  demo?: boolean
}

export type Groups = {
  find(id: GroupId): Promise<Group | undefined>
  page(page: PageOf): Promise<Sorted<Group>[]>
  names(): Promise<ReadonlyMap<string, string>>
  /** Throws invalid-field for members who are nobody, conflict when the name is taken. */
  create(draft: { name: string; members?: readonly UserId[]; demo?: boolean }): Promise<Group>
  update(id: GroupId, change: { name?: string; members?: readonly UserId[] }): Promise<Group>
  remove(id: GroupId): Promise<void>
}

const noSuchPerson = () => new GatewayError('not-found', 'There is no person with this id.')
const noSuchGroup = () => new GatewayError('not-found', 'There is no group with this id.')

/** Roles everybody may be given by whoever may create people. */
export const plainRoles: readonly Role[] = ['user']

export function openPeople(store: PeopleStore, bus: Bus, now: () => number): People {
  const found = async (id: UserId): Promise<Person> => {
    const person = await store.find(id)
    if (person === undefined) throw noSuchPerson()
    return person
  }
  return {
    find: store.find,
    findByEmail: store.findByEmail,
    page: store.page,
    async create({ email, name = '', roles = plainRoles, attributes = noAttributes, demo = false }, by) {
      if (roles.some((role) => !plainRoles.includes(role))) checkMayGiveRoles(by)
      checkPair(roles)
      const at = new Date(now())
      const unique = [...new Set(roles)]
      const id = newId<'user'>(at.getTime())
      const added = await store.insert({
        id,
        email,
        name,
        roles: unique,
        status: 'active',
        attributes,
        demo,
        createdAt: at,
        updatedAt: at,
      })
      if (!added) throw emailTaken()
      await bus.publish('identity', id)
      return found(id)
    },
    async update(id, change, by) {
      const before = await found(id)
      if (change.roles !== undefined && !sameRoles(change.roles, before.roles)) {
        checkMayGiveRoles(by)
        checkPair(change.roles)
      }
      checkMayTouch(before, by)
      const roles = change.roles === undefined ? {} : { roles: [...new Set(change.roles)] }
      const outcome = await store.update(id, { ...change, ...roles }, new Date(now()))
      if (outcome === 'missing') throw noSuchPerson()
      if (outcome === 'email-taken') throw emailTaken()
      if (outcome === 'last-super-admin') throw lastSuperAdmin()
      await bus.publish('identity', id)
      if (change.status === 'deactivated') await tellEnded(bus, 'person', id)
      return { before, after: await found(id) }
    },
    async remove(id, by) {
      const before = await found(id)
      checkMayTouch(before, by)
      const outcome = await store.remove(id)
      if (outcome === 'missing') throw noSuchPerson()
      if (outcome === 'last-super-admin') throw lastSuperAdmin()
      await bus.publish('identity', id)
      await tellEnded(bus, 'person', id)
      return before
    },
    async removeDemo() {
      const removed = await store.removeDemo()
      await bus.publish('identity', '*')
      return removed
    },
  }
}

function checkPair(roles: readonly Role[]): void {
  const pair = forbiddenPair(roles)
  if (pair === undefined) return
  const error: FieldError = {
    loc: 'body.roles',
    rule: 'forbidden-pair',
    msg: `Nobody is ${roleWords[pair[0]].title} and ${roleWords[pair[1]].title} at once (separation of duty).`,
  }
  throw new GatewayError('invalid-field', `${error.loc}: ${error.msg}`, { errors: [error] })
}

export function checkMayGiveRoles(by: Author): void {
  if (by === 'system' || can(by, 'roles.write')) return
  throw new GatewayError('not-allowed', 'Only a Super Admin gives or takes roles other than user.')
}

/** Otherwise whoever may change people could take over or shut out those above them. */
export function checkMayTouch(person: Person, by: Author): void {
  if (by === 'system' || can(by, 'roles.write') || !person.roles.includes('super_admin')) return
  throw new GatewayError('not-allowed', 'Only a Super Admin changes a Super Admin.')
}

function sameRoles(a: readonly Role[], b: readonly Role[]): boolean {
  return a.every((role) => b.includes(role)) && b.every((role) => a.includes(role))
}

const emailTaken = () => new GatewayError('conflict', 'Somebody already has this email.')
const lastSuperAdmin = () =>
  new GatewayError('conflict', 'This is the last active Super Admin. Make somebody else one first.')

export function openGroups(store: GroupStore, bus: Bus, now: () => number): Groups {
  const found = async (id: GroupId): Promise<Group> => {
    const group = await store.find(id)
    if (group === undefined) throw noSuchGroup()
    return group
  }
  const checkMembers = async (members: readonly UserId[]): Promise<void> => {
    const existing = await store.existing(members)
    const errors: FieldError[] = members.flatMap((id, index) =>
      existing.has(id)
        ? []
        : [{ loc: `body.member_ids.${index}`, rule: 'exists', msg: 'There is no such person.' }],
    )
    if (errors.length > 0) throw new GatewayError('invalid-field', 'Some members are nobody.', { errors })
  }
  const nameTaken = () => new GatewayError('conflict', 'Another group already has this name.')
  return {
    find: store.find,
    page: store.page,
    names: store.names,
    async create({ name, members = [], demo = false }) {
      await checkMembers(members)
      const at = new Date(now())
      const id = newId<'group'>(at.getTime())
      if (!(await store.insert({ id, name, demo, createdAt: at, updatedAt: at }, members))) throw nameTaken()
      await bus.publish('identity', '*')
      return found(id)
    },
    async update(id, change) {
      await found(id)
      if (change.members !== undefined) await checkMembers(change.members)
      const outcome = await store.update(id, change, new Date(now()))
      if (outcome === 'missing') throw noSuchGroup()
      if (outcome === 'name-taken') throw nameTaken()
      await bus.publish('identity', '*')
      return found(id)
    },
    async remove(id) {
      if (!(await store.remove(id))) throw noSuchGroup()
      await bus.publish('identity', '*')
    },
  }
}
