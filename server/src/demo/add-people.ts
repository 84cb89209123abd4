import type { Identity } from '../identity/identity.ts'
import type { Role } from '../kernel/caller.ts'
import type { GroupId, UserId } from '../kernel/ids.ts'

export const groupNames = ['Engineering', 'Finance', 'Support'] as const
export type GroupName = (typeof groupNames)[number]

/** Somebody who never was: addresses of a reserved domain reach nobody (RFC 2606). */
export type DemoPerson = { id: UserId; email: string; group: GroupName }

const cast: readonly { email: string; name: string; group: GroupName; roles: readonly Role[] }[] = [
  { email: 'amina@demo.example', name: 'Amina Diallo', group: 'Engineering', roles: ['developer'] },
  { email: 'jonas@demo.example', name: 'Jonas Weber', group: 'Engineering', roles: ['user'] },
  { email: 'mei@demo.example', name: 'Mei Tanaka', group: 'Engineering', roles: ['it_admin'] },
  { email: 'lucia@demo.example', name: 'Lucía Romero', group: 'Finance', roles: ['user'] },
  { email: 'owen@demo.example', name: 'Owen Clarke', group: 'Finance', roles: ['analytics_admin'] },
  { email: 'ravi@demo.example', name: 'Ravi Menon', group: 'Support', roles: ['helpdesk'] },
  { email: 'sofie@demo.example', name: 'Sofie Lind', group: 'Support', roles: ['user'] },
]

export type DemoPeople = { people: DemoPerson[]; groups: Record<GroupName, GroupId>; added: number }

/** People and groups that are there already, and marked as demo, are taken as they are. */
export async function addPeople(identity: Pick<Identity, 'people' | 'groups'>): Promise<DemoPeople> {
  const people: DemoPerson[] = []
  let added = 0
  for (const { email, name, group, roles } of cast) {
    const before = await identity.people.findByEmail(email)
    if (before !== undefined && !before.demo) continue
    const person = before ?? (await identity.people.create({ email, name, roles, demo: true }, 'system'))
    if (before === undefined) added += 1
    people.push({ id: person.id, email, group })
  }
  const groups: Partial<Record<GroupName, GroupId>> = {}
  for (const name of groupNames) {
    const members = people.filter(({ group }) => group === name).map(({ id }) => id)
    const found = await findOrAddGroup(identity.groups, name, members)
    groups[name] = found.id
    if (found.isNew) added += 1
  }
  return { people, groups: groups as Record<GroupName, GroupId>, added }
}

async function findOrAddGroup(groups: Identity['groups'], name: string, members: readonly UserId[]) {
  const known = await groups.names()
  // A real group of this name keeps it, and its members get no rules of the demo.
  for (const wanted of [name, `${name} (demo)`]) {
    const id = [...known].find(([, taken]) => taken.toLowerCase() === wanted.toLowerCase())?.[0] as
      | GroupId
      | undefined
    if (id === undefined)
      return { id: (await groups.create({ name: wanted, members, demo: true })).id, isNew: true }
    if ((await groups.find(id))?.demo === true) return { id, isNew: false }
  }
  throw new Error(`the groups ${name} and ${name} (demo) are both in use`)
}
