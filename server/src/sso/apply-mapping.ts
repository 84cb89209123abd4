import type { Identity } from '../identity/identity.ts'
import { type Attributes, mostAttributes, sameAttributes } from '../kernel/attributes.ts'
import type { Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { GroupId } from '../kernel/ids.ts'
import type { Trace } from './admit-person.ts'
import { mapClaims } from './map-claims.ts'
import type { Claimed, Mapping, Provider } from './provider.ts'

type Person = NonNullable<Awaited<ReturnType<Identity['people']['find']>>>
export type MappingParts = {
  identity: Pick<Identity, 'people' | 'memberships' | 'groupNames'>
  journal: Journal
}

/**
 * Brings a person up to date with what the provider says at this sign-in: memberships it gave and gives no more end, and
 * so do attributes it names no more. Memberships from elsewhere and attributes of other names stay. Throws sso-refused.
 */
export async function applyMapping(
  { identity, journal }: MappingParts,
  provider: Provider,
  { person, claimed, trace }: { person: Person; claimed: Claimed; trace: Trace },
): Promise<void> {
  const { groups, attributes } = provider.mapping
  if (groups === null && attributes.length === 0) return
  const mapped = mapClaims(provider, claimed.claims, await identity.groupNames())
  const before = {
    groups: await identity.memberships.of(provider.id, person.id),
    attributes: person.attributes,
  }
  const after = {
    groups: idsOf(mapped.groups.map(({ groupId }) => groupId)),
    attributes: merged(provider, person.attributes, mapped.attributes),
  }
  const sameGroups = before.groups.join() === after.groups.join()
  const sameRest = sameAttributes(before.attributes, after.attributes)
  if (sameGroups && sameRest) return
  const entry = await journal.open({
    action: 'user_updated',
    actor: { type: 'system', id: `sso:${provider.id}` },
    requestId: trace.requestId,
    correlationId: trace.requestId,
    ip: trace.ip,
    resourceType: 'user',
    resourceId: person.id,
  })
  const facts = { before: shown(before), after: shown(after) }
  try {
    if (!sameGroups) await identity.memberships.set(provider.id, person.id, after.groups)
    if (!sameRest) await identity.people.update(person.id, { attributes: after.attributes }, 'system')
  } catch (error) {
    const reason = error instanceof GatewayError ? error.reason : 'internal'
    await entry.close({ action: 'user_updated', outcome: 'failure', ...facts, reason })
    throw error
  }
  await entry.close({ action: 'user_updated', outcome: 'success', ...facts })
}

/** The groups a mapping can still lead to; undefined when any group may be named. */
export function reachableGroups({ groups }: Mapping): GroupId[] | undefined {
  if (groups?.byName === true) return undefined
  return groups === null ? [] : groups.rows.map(({ groupId }) => groupId)
}

function merged({ name, mapping }: Provider, own: Attributes, said: Attributes): Attributes {
  const mapped = new Set(mapping.attributes.map(({ attribute }) => attribute))
  const kept = Object.entries(own).filter(([attribute]) => !mapped.has(attribute))
  const all = Object.fromEntries([...kept, ...Object.entries(said)])
  if (Object.keys(all).length > mostAttributes.names)
    throw new GatewayError(
      'sso-refused',
      `With what ${name} says, you would have more than ${mostAttributes.names} attributes. An administrator can take some away.`,
    )
  return all
}

function idsOf(ids: readonly (GroupId | undefined)[]): GroupId[] {
  return [...new Set(ids.filter((id) => id !== undefined))].sort()
}

function shown(facts: { groups: readonly GroupId[]; attributes: Attributes }): string {
  return JSON.stringify({ sso_group_ids: facts.groups, attributes: facts.attributes })
}
