import type { Identity } from '../identity/identity.ts'
import { type Attributes, attributeValue } from '../kernel/attributes.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import { isObject } from './patch-resource.ts'
import { ScimRefusal } from './scim-error.ts'
import { enterpriseUrn, userUrn } from './scim-schemas.ts'
import type { PersonLink } from './store.ts'

export type Person = NonNullable<Awaited<ReturnType<Identity['people']['find']>>>

/** What a directory says of a person, as far as it is kept here. */
export type PersonDraft = {
  email: string
  name: string
  active: boolean
  attributes: Attributes
  link: Pick<PersonLink, 'userName' | 'externalId' | 'givenName' | 'familyName'>
}

const email = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/
/** Attributes the directory owns: set by it, and gone when it no longer says them. Others are left as they are. */
const ownedByDirectory = [
  'department',
  'title',
  'manager',
  'userType',
  'employeeNumber',
  'costCenter',
  'organization',
  'division',
] as const

/** Reads a User (RFC 7643 §4.1). Throws invalidValue in words an administrator of the directory can act on. */
export function readPerson(resource: JsonObject): PersonDraft {
  const userName = textOf(resource['userName'], 254)
  if (userName === undefined) throw invalid('userName is missing.')
  const address = emailOf(resource) ?? userName
  if (!email.test(address) || address.length > 254)
    throw invalid('A person needs an email address, in emails or as their userName.')
  const name = isObject(resource['name']) ? resource['name'] : {}
  const [given, family] = [textOf(name['givenName'], 200), textOf(name['familyName'], 200)]
  const full = [given, family].filter((part) => part !== undefined).join(' ')
  return {
    email: address,
    name: (textOf(resource['displayName'], 200) ?? textOf(name['formatted'], 200) ?? full).slice(0, 200),
    active: activeOf(resource['active']),
    attributes: attributesOf(resource),
    link: {
      userName,
      externalId: textOf(resource['externalId'], 200) ?? null,
      givenName: given ?? null,
      familyName: family ?? null,
    },
  }
}

/** What the directory says wins for what it owns; what others set stays. */
export function withDirectory(known: Attributes, said: Attributes): Attributes {
  const others = Object.entries(known).filter(([name]) => !ownedByDirectory.some((owned) => owned === name))
  return { ...Object.fromEntries(others), ...said }
}

function attributesOf(resource: JsonObject): Attributes {
  const extension = isObject(resource[enterpriseUrn]) ? resource[enterpriseUrn] : {}
  const said = (name: (typeof ownedByDirectory)[number]): Json | undefined => {
    if (name === 'title' || name === 'userType') return resource[name]
    const value = extension[name]
    return isObject(value) ? (value['value'] ?? value['displayName']) : value
  }
  return Object.fromEntries(
    ownedByDirectory.flatMap((name) => {
      const value = textOf(said(name), 256)
      return value !== undefined && attributeValue.test(value) ? [[name, [value]]] : []
    }),
  )
}

function emailOf(resource: JsonObject): string | undefined {
  const list = Array.isArray(resource['emails']) ? resource['emails'].filter(isObject) : []
  const chosen =
    list.find((one) => one['primary'] === true) ?? list.find((one) => one['type'] === 'work') ?? list[0]
  return textOf(chosen?.['value'], 1_000)
}

function activeOf(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'boolean') return value
  const word = String(value).toLowerCase()
  if (word !== 'true' && word !== 'false') throw invalid('active is true or false.')
  return word === 'true'
}

/** Without the control characters that no name here may have. */
function textOf(value: Json | undefined, most: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value)
    .replace(/\p{Cc}/gu, ' ')
    .trim()
  if (text.length > most) throw invalid(`A text is longer than ${most} characters.`)
  return text === '' ? undefined : text
}

const invalid = (detail: string) => new ScimRefusal(400, detail, 'invalidValue')

/** A person as the directory gets them back. */
export function showPerson(person: Person, link: PersonLink | undefined, base: string): JsonObject {
  const one = (name: string) => person.attributes[name]?.[0]
  const inExtension = ['department', 'employeeNumber', 'costCenter', 'organization', 'division'] as const
  const manager = one('manager')
  const extension = given({
    ...Object.fromEntries(inExtension.map((name) => [name, one(name)])),
    manager: manager === undefined ? undefined : { value: manager },
  })
  const name = given({
    formatted: person.name || undefined,
    givenName: link?.givenName ?? undefined,
    familyName: link?.familyName ?? undefined,
  })
  const hasExtension = Object.keys(extension).length > 0
  return given({
    schemas: [userUrn, ...(hasExtension ? [enterpriseUrn] : [])],
    id: person.id,
    externalId: link?.externalId ?? undefined,
    userName: link?.userName ?? person.email,
    displayName: person.name || undefined,
    name: Object.keys(name).length > 0 ? name : undefined,
    emails: [{ value: person.email, type: 'work', primary: true }],
    title: one('title'),
    userType: one('userType'),
    active: person.status === 'active',
    groups: person.groupIds.map((value) => ({ value })),
    [enterpriseUrn]: hasExtension ? extension : undefined,
    meta: {
      resourceType: 'User',
      created: person.createdAt.toISOString(),
      lastModified: person.updatedAt.toISOString(),
      location: `${base}/Users/${person.id}`,
    },
  })
}

function given(fields: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject
}
