import type { Identity } from '../identity/identity.ts'
import { type GroupId, isUuid, type UserId } from '../kernel/ids.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import { isObject, patchResource } from './patch-resource.ts'
import { ScimRefusal } from './scim-error.ts'
import { groupUrn } from './scim-schemas.ts'
import type { GroupLink, Slice } from './store.ts'
import type { Changed, SyncParts } from './sync-people.ts'

type Group = NonNullable<Awaited<ReturnType<Identity['groups']['find']>>>

const mostMembers = 50_000

/** Groups as a directory changes them: its own. One made by hand here grants what somebody here meant, and stays theirs. */
export function syncGroups({ identity, store, base, now }: SyncParts) {
  const { groups } = identity
  const find = async (id: string): Promise<{ group: Group; link: GroupLink }> => {
    const group = isUuid(id) ? await groups.find(id as GroupId) : undefined
    const link = group === undefined ? undefined : await store.groupLink(group.id)
    if (group === undefined || link === undefined)
      throw new ScimRefusal(404, 'There is no group of the directory with this id.')
    return { group, link }
  }
  const show = (group: Group, link: GroupLink): JsonObject => ({
    schemas: [groupUrn],
    id: group.id,
    ...(link.externalId === null ? {} : { externalId: link.externalId }),
    displayName: group.name,
    members: group.memberIds.map((value) => ({ value, $ref: `${base}/Users/${value}`, type: 'User' })),
    meta: {
      resourceType: 'Group',
      created: group.createdAt.toISOString(),
      lastModified: group.updatedAt.toISOString(),
      location: `${base}/Groups/${group.id}`,
    },
  })
  const write = async (
    id: string,
    change: (resource: JsonObject) => Promise<JsonObject>,
  ): Promise<Changed> => {
    const { group, link } = await find(id)
    const before = show(group, link)
    const draft = readGroup(await change(before))
    const after = await groups.update(
      group.id,
      draft.name === group.name ? { members: draft.members } : draft,
    )
    const renewed = { ...link, externalId: draft.externalId ?? link.externalId, syncedAt: new Date(now()) }
    await store.linkGroup(renewed)
    return { resource: show(after, renewed), id, before, words: `group ${after.name} updated` }
  }
  return {
    async list(slice: Slice) {
      const { total, ids } = await store.groups(slice)
      return {
        total,
        resources: await Promise.all(
          ids.map(async (id) => {
            const { group, link } = await find(id)
            return show(group, link)
          }),
        ),
      }
    },
    async get(id: string) {
      const { group, link } = await find(id)
      return show(group, link)
    },
    async create(body: JsonObject): Promise<Changed> {
      const { name, members, externalId } = readGroup(body)
      const group = await groups.create({ name, members })
      const link = { groupId: group.id, externalId: externalId ?? null, syncedAt: new Date(now()) }
      await store.linkGroup(link)
      return { resource: show(group, link), id: group.id, words: `group ${name} created` }
    },
    replace: (id: string, body: JsonObject) => write(id, async () => body),
    patch: (id: string, body: Json | undefined) =>
      write(id, (resource) => patchResource('Group', resource, body)),
    async remove(id: string): Promise<Changed> {
      const { group, link } = await find(id)
      await groups.remove(group.id)
      return { resource: {}, id, before: show(group, link), words: `group ${group.name} deleted` }
    },
  }
}

function readGroup(resource: JsonObject): { name: string; members: UserId[]; externalId?: string } {
  const name =
    typeof resource['displayName'] === 'string' ? resource['displayName'].replace(/\p{Cc}/gu, ' ').trim() : ''
  if (name === '' || name.length > 200)
    throw new ScimRefusal(400, 'A group needs a displayName of at most 200 characters.', 'invalidValue')
  const list = Array.isArray(resource['members']) ? resource['members'] : []
  if (list.length > mostMembers)
    throw new ScimRefusal(400, `A group has at most ${mostMembers} members.`, 'tooMany')
  const members = list.map((one) => (isObject(one) ? String(one['value'] ?? '') : ''))
  if (members.some((id) => !isUuid(id)))
    throw new ScimRefusal(400, 'Members are named by the id of a person.', 'invalidValue')
  const externalId = resource['externalId']
  return {
    name,
    members: members as UserId[],
    ...(typeof externalId === 'string' && externalId.length <= 200 ? { externalId } : {}),
  }
}
