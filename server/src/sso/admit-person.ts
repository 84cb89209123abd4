import type { Identity } from '../identity/identity.ts'
import type { Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import { type Claimed, domainOf, type Provider } from './provider.ts'
import type { SsoStore } from './store.ts'

type Person = NonNullable<Awaited<ReturnType<Identity['people']['find']>>>

export type AdmitParts = {
  store: SsoStore
  people: Identity['people']
  journal: Journal
  now: () => number
}
/** What the audit entries of an admission share. */
export type Trace = { requestId: string; ip: string }

const refuse = (detail: string) => new GatewayError('sso-no-account', detail)

/**
 * The person an identity is: the one it was connected with before; else by an email that counts, the account it may be
 * connected with or the new one it may make. A new person has the role user and no other. Throws sso-no-account.
 */
export async function admitPerson(
  parts: AdmitParts,
  provider: Provider,
  o: { claimed: Claimed; trace: Trace },
): Promise<Person> {
  const { store, people } = parts
  const known = await store.personOf(provider.id, o.claimed)
  if (known !== undefined) return active(await people.find(known))
  const email = emailOf(provider, o.claimed)
  const account = await people.findByEmail(email)
  if (account !== undefined) {
    active(account)
    if (!provider.linkByEmail)
      throw refuse(
        `The account of ${email} is not connected with ${provider.name}, which may not connect accounts by their email.`,
      )
    await connect(parts, provider, { ...o, person: account })
    return account
  }
  if (!provider.createPeople)
    throw refuse(`There is no account for ${email}, and ${provider.name} may not create one.`)
  const made = await create(parts, provider, { ...o, email })
  await connect(parts, provider, { ...o, person: made })
  return made
}

function active(person: Person | undefined): Person {
  if (person?.status === 'active') return person
  throw refuse('Your account here is deactivated.')
}

/** The email that counts: said to be verified, or trusted where nothing is said, and of a domain bound to the provider. */
export function emailOf(provider: Provider, { email, emailVerified }: Claimed): string {
  const { name } = provider
  if (email === undefined || email.length > 254 || !/^[^\s@<>"]+@[^\s@<>"]+$/.test(email))
    throw refuse(`${name} did not say your email. An administrator can have it sent (scope or claim email).`)
  if (emailVerified === false) throw refuse(`${name} has not verified that ${email} is yours.`)
  if (emailVerified === undefined && !provider.trustEmail)
    throw refuse(`${name} does not say whether it verified that ${email} is yours.`)
  if (!provider.domains.includes(domainOf(email)))
    throw refuse(`${domainOf(email)} is not a domain whose people sign in through ${name}.`)
  return email
}

/** Connects an identity with an account. Throws sso-no-account when either is connected otherwise. */
export async function connect(
  { store, journal, now }: AdmitParts,
  provider: Provider,
  { claimed, person, trace }: { claimed: Claimed; person: { id: UserId; email: string }; trace: Trace },
): Promise<void> {
  const at = new Date(now())
  const entry = await journal.open({
    action: 'sso_identity_created',
    actor: { type: 'user', id: person.id, email: person.email },
    requestId: trace.requestId,
    correlationId: trace.requestId,
    ip: trace.ip,
    resourceType: 'user',
    resourceId: person.id,
  })
  const close = (outcome: 'success' | 'denied') =>
    entry.close({
      action: 'sso_identity_created',
      outcome,
      after: JSON.stringify({ provider: provider.name, issuer: claimed.issuer, subject: claimed.subject }),
      ...(outcome === 'success' ? {} : { reason: 'sso-no-account' }),
    })
  const isDone =
    (await store.connect(provider.id, claimed, { userId: person.id, at })) ||
    // Somebody else was faster with the same: two tabs of one person.
    (await store.personOf(provider.id, claimed)) === person.id
  await close(isDone ? 'success' : 'denied')
  if (!isDone)
    throw refuse(
      `The account of ${person.email} is connected with another identity at ${provider.name}. An administrator can disconnect it.`,
    )
}

async function create(
  { people, journal }: AdmitParts,
  provider: Provider,
  { claimed, email, trace }: { claimed: Claimed; email: string; trace: Trace },
): Promise<Person> {
  const entry = await journal.open({
    action: 'user_created',
    actor: { type: 'system', id: `sso:${provider.id}` },
    requestId: trace.requestId,
    correlationId: trace.requestId,
    ip: trace.ip,
    resourceType: 'user',
  })
  try {
    const made = await people.create({ email, name: nameOf(claimed) }, 'system')
    const after = JSON.stringify({ email: made.email, name: made.name, roles: made.roles })
    await entry.close({ action: 'user_created', outcome: 'success', resourceId: made.id, after })
    return made
  } catch (error) {
    const reason = error instanceof GatewayError ? error.reason : 'internal'
    await entry.close({ action: 'user_created', outcome: 'failure', reason })
    throw error
  }
}

/** As the provider says it, without what would break a line. */
function nameOf({ name }: Claimed): string {
  return (name ?? '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
}
