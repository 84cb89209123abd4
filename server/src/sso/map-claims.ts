import { type Attributes, attributeValue, mostAttributes } from '../kernel/attributes.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { GroupId } from '../kernel/ids.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import type { Mapping, Provider } from './provider.ts'

/** What a person's claims come to. A value without a group leads nowhere. */
export type Mapped = {
  readonly groups: readonly { value: string; groupId: GroupId | undefined; groupName: string | undefined }[]
  /** Of every attribute the mapping names; those the provider does not say are not there. */
  readonly attributes: Attributes
}

const mostGroups = 1000
const longestGroup = 500
/** Where Entra ID names the place of groups it left out of a SAML assertion. */
const linkAttribute = 'http://schemas.microsoft.com/claims/groups.link'

/** Throws sso-refused for claims that are too many, not texts, or left out: taken as none they would take rights away. */
export function mapClaims(
  { name, mapping }: Pick<Provider, 'name' | 'mapping'>,
  claims: JsonObject,
  groupNames: ReadonlyMap<string, string>,
): Mapped {
  const refuse = (detail: string) => new GatewayError('sso-refused', detail)
  return {
    groups: groupsOf(mapping, { claims, groupNames, provider: name }),
    attributes: Object.fromEntries(
      mapping.attributes.flatMap(({ claim, attribute }) => {
        const values = [...new Set(textsOf(claimAt(claims, claim), name, claim))]
        const fits = values.length <= mostAttributes.values && values.every((one) => attributeValue.test(one))
        if (!fits)
          throw refuse(
            `${name} says more in the claim ${claim} than an attribute holds: ${mostAttributes.values} texts of 256 characters.`,
          )
        return values.length === 0 ? [] : [[attribute, values]]
      }),
    ),
  }
}

/** The claims a mapping reads. */
export function claimsOf({ groups, attributes }: Mapping): string[] {
  return [...(groups === null ? [] : [groups.claim]), ...attributes.map(({ claim }) => claim)]
}

/** A claim by its whole name, else by a path through objects: `realm_access.roles`. */
export function claimAt(claims: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(claims, name)) return claims[name]
  let at: Json | undefined = claims
  for (const step of name.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, step))
      return undefined
    at = (at as JsonObject)[step]
  }
  return at
}

function groupsOf(
  { groups }: Mapping,
  o: { claims: JsonObject; groupNames: ReadonlyMap<string, string>; provider: string },
): Mapped['groups'] {
  if (groups === null) return []
  const said = claimAt(o.claims, groups.claim)
  if (said === undefined && isLeftOut(o.claims, groups.claim))
    throw new GatewayError(
      'sso-refused',
      `${o.provider} left your groups out because they are too many for a sign-in. At the provider, send only the groups assigned to this application.`,
    )
  const values = [...new Set(textsOf(said, o.provider, groups.claim))]
  if (values.length > mostGroups || values.some((value) => value.length > longestGroup))
    throw new GatewayError(
      'sso-refused',
      `${o.provider} says more in the claim ${groups.claim} than is read: ${mostGroups} texts of ${longestGroup} characters.`,
    )
  const byName = new Map([...o.groupNames].map(([id, name]) => [name.toLowerCase(), id as GroupId]))
  return values.flatMap((value): Mapped['groups'][number][] => {
    const named = groups.byName ? byName.get(value.toLowerCase()) : undefined
    const rows = groups.rows.filter((row) => row.value === value).map((row) => row.groupId)
    const ids = [...new Set([...rows, ...(named === undefined ? [] : [named])])].filter((id) =>
      o.groupNames.has(id),
    )
    if (ids.length === 0) return [{ value, groupId: undefined, groupName: undefined }]
    return ids.map((groupId) => ({ value, groupId, groupName: o.groupNames.get(groupId) }))
  })
}

/** Entra ID names a claim it left out in `_claim_names`, says `hasgroups`, or sends a link (SAML). */
function isLeftOut(claims: JsonObject, claim: string): boolean {
  const names = claims['_claim_names']
  const isNamed = typeof names === 'object' && names !== null && Object.hasOwn(names, claim)
  return isNamed || claims['hasgroups'] === true || claims[linkAttribute] !== undefined
}

function textsOf(value: Json | undefined, provider: string, claim: string): string[] {
  if (value === undefined || value === null) return []
  return [value].flat().map((one) => {
    if (typeof one === 'object') {
      throw new GatewayError('sso-refused', `${provider} says no texts in the claim ${claim}.`)
    }
    return String(one).trim()
  })
}
