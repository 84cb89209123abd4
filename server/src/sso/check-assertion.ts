import type { JsonObject } from '../kernel/json.ts'
import type { Claimed } from './provider.ts'

/** Why a response does not count; a word that may stand in an address. */
export type SamlRefusal =
  | 'shape'
  | 'weak'
  | 'signature'
  | 'time'
  | 'audience'
  | 'recipient'
  | 'issuer'
  | 'request'
  | 'subject'
  | 'status'
  | 'used'

export class SamlRefused extends Error {
  override readonly name = 'SamlRefused'
  readonly kind: SamlRefusal
  constructor(kind: SamlRefusal, cause?: unknown) {
    super(`SAML response refused: ${kind}`, cause === undefined ? undefined : { cause })
    this.kind = kind
  }
}

export type Expected = {
  issuer: string
  audience: string
  recipient: string
  requestId: string
  now: number
  emailAttribute: string | undefined
}

/** An element as xml2js gives it: attributes in `$`, text in `_`, children in arrays by their local name. */
type Element = { $?: Record<string, string>; _?: string; [child: string]: unknown }

const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'
const emailFormat = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
const emailNames = [
  'email',
  'mail',
  'emailaddress',
  'urn:oid:0.9.2342.19200300.100.1.3',
  'urn:oid:1.2.840.113549.1.9.1',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
]
const nameNames = [
  'displayname',
  'name',
  'cn',
  'urn:oid:2.16.840.1.113730.3.1.241',
  'http://schemas.microsoft.com/identity/claims/displayname',
]
const skewMs = 60_000
const longestSubject = 1000

/**
 * Judges the content of an assertion whose signature was verified (SAML profiles §4.1.4.3): all that the library takes
 * from unsigned parts, or lets be absent, is asked for here once more. Throws SamlRefused.
 */
export function checkAssertion(
  parsed: Record<string, unknown>,
  expected: Expected,
): Claimed & { assertionId: string } {
  const assertion = only(
    parsed['Assertion'] === undefined ? undefined : [parsed['Assertion']].flat(),
    'shape',
  )
  const assertionId = assertion.$?.['ID']
  if (assertionId === undefined) throw new SamlRefused('shape')
  if (textOf(only(assertion['Issuer'], 'issuer')) !== expected.issuer) throw new SamlRefused('issuer')
  const subject = only(assertion['Subject'], 'subject')
  checkConfirmation(subject, expected)
  checkConditions(only(assertion['Conditions'], 'audience'), expected)
  const nameId = only(subject['NameID'], 'subject')
  const { Format: format } = nameId.$ ?? {}
  const name = textOf(nameId)
  if (name === '' || name.length > longestSubject || format === transient) throw new SamlRefused('subject')
  const attributes = attributesOf(assertion)
  const wanted = expected.emailAttribute === undefined ? emailNames : [expected.emailAttribute]
  const email = firstOf(attributes, wanted) ?? (format === emailFormat ? name : undefined)
  return {
    assertionId,
    issuer: expected.issuer,
    subject: name,
    email,
    // An administrator entered this provider's certificate for its domains; SAML has no word for more.
    emailVerified: true,
    name: firstOf(attributes, nameNames),
    claims: attributes,
  }
}

/** At least one confirmation must hold whole. */
function checkConfirmation(subject: Element, expected: Expected): void {
  const refusals = elements(subject['SubjectConfirmation']).map((one) => confirmationRefusal(one, expected))
  if (refusals.includes(undefined)) return
  throw new SamlRefused(refusals[0] ?? 'subject')
}

/** Bearer, for us, as the answer to this request, and not over; undefined when all of it holds. */
function confirmationRefusal(confirmation: Element, expected: Expected): SamlRefusal | undefined {
  const [data, ...more] = elements(confirmation['SubjectConfirmationData'])
  if (confirmation.$?.['Method'] !== bearer || data === undefined || more.length > 0) return 'subject'
  const { Recipient, InResponseTo, NotOnOrAfter, NotBefore } = data.$ ?? {}
  if (Recipient !== expected.recipient) return 'recipient'
  if (InResponseTo !== expected.requestId) return 'request'
  // It must end, and bearer assertions do not say when they begin.
  const isOver = NotOnOrAfter === undefined || !isNow({ NotOnOrAfter }, expected.now)
  return isOver || NotBefore !== undefined ? 'time' : undefined
}

function checkConditions(conditions: Element, expected: Expected): void {
  if (!isNow(conditions.$ ?? {}, expected.now)) throw new SamlRefused('time')
  const restrictions = elements(conditions['AudienceRestriction'])
  const isForUs = restrictions.every((restriction) =>
    elements(restriction['Audience']).some((audience) => textOf(audience) === expected.audience),
  )
  if (restrictions.length === 0 || !isForUs) throw new SamlRefused('audience')
}

function isNow(times: Record<string, string | undefined>, now: number): boolean {
  const [from, to] = [times['NotBefore'], times['NotOnOrAfter']]
  const isEarly = from !== undefined && !(Date.parse(from) <= now + skewMs)
  const isLate = to !== undefined && !(Date.parse(to) > now - skewMs)
  return !isEarly && !isLate
}

function attributesOf(assertion: Element): JsonObject {
  const found: JsonObject = Object.create(null) as JsonObject
  const statements = elements(assertion['AttributeStatement'])
  for (const attribute of statements.flatMap((statement) => elements(statement['Attribute']))) {
    const { Name: name } = attribute.$ ?? {}
    if (name === undefined) continue
    // Some providers repeat the attribute, one for each group.
    const values = [found[name] ?? [], elements(attribute['AttributeValue']).map(textOf)].flat() as string[]
    if (values.length > 0) found[name] = values.length === 1 ? (values[0] ?? '') : values
  }
  return { ...found }
}

function firstOf(attributes: JsonObject, names: readonly string[]): string | undefined {
  for (const [name, value] of Object.entries(attributes)) {
    if (!names.includes(name) && !names.includes(name.toLowerCase())) continue
    const [text] = [value].flat()
    if (typeof text === 'string' && text.trim() !== '') return text.trim()
  }
  return undefined
}

function elements(value: unknown): Element[] {
  const list = value === undefined ? [] : [value].flat()
  return list.map((one) => (typeof one === 'object' && one !== null ? (one as Element) : { _: String(one) }))
}

function only(value: unknown, otherwise: SamlRefusal): Element {
  const [one, ...more] = elements(value)
  if (one === undefined || more.length > 0) throw new SamlRefused(otherwise)
  return one
}

function textOf(element: Element): string {
  return (element._ ?? '').trim()
}
