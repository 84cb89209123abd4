import type { Keyring } from '../credentials/keyring.ts'
import type { Identity } from '../identity/identity.ts'
import type { Caller } from '../kernel/caller.ts'
import type { Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { limitAttempts } from '../lib/limit-attempts.ts'
import type { Db } from '../storage/storage.ts'
import { type AdmitParts, admitPerson, connect, emailOf, type Trace } from './admit-person.ts'
import { applyMapping } from './apply-mapping.ts'
import { openProviders, type Providers } from './change-providers.ts'
import { type Flow, type Flows, keepFlows, type Purpose } from './keep-flow.ts'
import { keepOwnKeys } from './keep-own-keys.ts'
import { type KeptSignIns, keepSignIns, type SignInTokens } from './keep-sign-in.ts'
import { keptStore } from './kept-store.ts'
import { type Mapped, mapClaims } from './map-claims.ts'
import { type Claimed, domainOf, type Provider, type ProviderId, type SsoIdentity } from './provider.ts'
import { type Assertions, isSaml, openAssertions } from './receive-assertion.ts'
import { type Oidc, type OidcAnswer, type OidcProvider, openOidc } from './speak-oidc.ts'
import { openSaml, type Saml } from './speak-saml.ts'
import { ssoStore } from './store.ts'

type SignedIn = Awaited<ReturnType<Identity['sessions']['start']>>
type Cookies = (name: string) => string | undefined
type Began = { url: string; setCookie: string }
type From = Trace & { userAgent: string }

/** Sign-in of people at identity providers of their organization. */
export type Sso = {
  readonly providers: Providers
  /** What to enter at providers: where they send browsers back to, and who we are in SAML. */
  readonly own: { readonly callbackUrl: string; readonly entityId: string; readonly acsUrl: string }
  /** SAML's side door: forms that providers post through browsers. */
  readonly assertions: Pick<Assertions, 'receive'> & {
    /** About us, for everybody or for one provider with our key there; undefined where there is no such provider. */
    metadata(providerId: string | undefined): Promise<string | undefined>
  }
  /** For the sign-in page: the providers with a button, and whether an email may lead to one. */
  offered(): Promise<{ asksEmail: boolean; providers: readonly { id: string; name: string }[] }>
  /** Throws not-found where no provider belongs to the email. */
  begin(by: { providerId: string } | { email: string }, next: string | undefined): Promise<Began>
  /** A sign-in of the administrator's own, by which a provider is tested. */
  beginTest(provider: Provider, caller: Caller): Promise<Began>
  /**
   * Ends what this browser began. Throws sso-refused, sso-no-account, provider-failed or rate-limited; `identified` hears
   * who it is before the session begins.
   */
  finish(
    answer: OidcAnswer,
    o: { cookies: Cookies; from: From; identified: (person: { id: UserId; email: string }) => Promise<void> },
  ): Promise<SignedIn & { next: string; clearCookie: string; provider: Provider }>
  /** Ends a test: connects the administrator's account with the identity, and remembers that it worked. */
  finishTest(
    answer: OidcAnswer,
    o: { cookies: Cookies; from: From; caller: Caller },
  ): Promise<{ provider: Provider; claimed: Claimed; mapped: Mapped; clearCookie: string }>
  /** The provider people with this email must sign in through. */
  requiredFor(email: string): Promise<{ id: string; name: string } | undefined>
  /** Who a person is at providers, oldest first. */
  identitiesOf(userId: UserId): Promise<readonly SsoIdentity[]>
  /** Who is this subject at an OpenID provider with this issuer; undefined as well where two people are. */
  personOf(who: { issuer: string; subject: string }): Promise<UserId | undefined>
  /** Forgets who a person is at this provider, or at every one, with the groups it gave; answers at how many. */
  disconnect(userId: UserId, providerId?: ProviderId): Promise<number>
  readonly assertionFor: KeptSignIns['assertionFor']
  /** Forgets what a person's provider gave at their last sign-in. */
  forgetSignIn(userId: UserId): Promise<void>
  close(): Promise<void>
}

export type SsoParts = {
  db: Db
  keyring: Pick<Keyring, 'seal' | 'open' | 'derive'>
  identity: Pick<Identity, 'people' | 'sessions' | 'memberships' | 'groupNames'>
  journal: Journal
  fetch: GuardedFetch
  publicUrl: URL
  now: () => number
  /** Hears of SAML responses that were refused. `why` is a word of ours. */
  onRefused(facts: { ip: string; why: string }): void
}

export function openSso(parts: SsoParts): Sso {
  const { identity, now, publicUrl } = parts
  const store = ssoStore(parts.db)
  const callbackUrl = new URL('/sign-in/callback', publicUrl).href
  const ownKeysOf = keepOwnKeys({ ...parts, store })
  const providers = openProviders({ ...parts, store, ownKeysOf })
  const oidc = openOidc({ ...parts, callbackUrl, secretOf: providers.secretOf })
  const kept = keepSignIns({ ...parts, store: keptStore(parts.db), oidc, provider: store.find })
  const flows = keepFlows(parts)
  const saml = openSaml({ ...parts, ownKeysOf })
  const assertions = openAssertions({ ...parts, saml, flows, store })
  const attempts = limitAttempts(now)
  const admit: AdmitParts = { store, people: identity.people, journal: parts.journal, now }
  type Start = Pick<Flow, 'purpose' | 'by'> & { next?: string | undefined }
  const begin = async (provider: Provider, wanted: Start) => {
    const { flow, setCookie } = flows.begin({ next: undefined, ...wanted, providerId: provider.id })
    const begun = isSaml(provider) ? saml.begin(provider, flow) : oidc.begin(provider as OidcProvider, flow)
    return { url: (await begun).href, setCookie }
  }
  const ends = { store, flows, now, oidc, assertions }
  return {
    providers: forgetting(providers, kept),
    own: { callbackUrl, entityId: saml.entityId, acsUrl: saml.acsUrl },
    assertions: { receive: assertions.receive, metadata: (id) => metadataFor(store, saml, id) },
    offered: async () => offeredOf(await store.list()),
    async begin(by, next) {
      const provider =
        'email' in by ? await store.ofDomain(domainOf(by.email)) : await byId(store, by.providerId)
      if (provider === undefined)
        throw new GatewayError('not-found', 'No identity provider belongs to this address. Use another way.')
      return begin(provider, { purpose: 'sign_in', by: undefined, next })
    },
    beginTest: (provider, caller) => begin(provider, { purpose: 'test', by: caller.id }),
    async finish(answer, { cookies, from, identified }) {
      const giveBack = attempts.take(undefined, from.ip)
      const judged = await judgeAnswer(ends, answer, { purpose: 'sign_in', cookies })
      const { flow, provider, claimed } = judged
      const person = await admitPerson(admit, provider, { claimed, trace: from })
      await applyMapping(parts, provider, { person, claimed, trace: from })
      await kept.keep(provider, person.id, judged.tokens)
      giveBack()
      await identified(person)
      const signedIn = await identity.sessions.start(person, from, 'single_sign_on')
      return { ...signedIn, next: flow.next, clearCookie: flows.clear(flow), provider }
    },
    async finishTest(answer, { cookies, from, caller }) {
      const { flow, provider, claimed } = await judgeAnswer(ends, answer, { purpose: 'test', cookies })
      if (flow.by !== caller.id)
        throw new GatewayError('sso-refused', 'Somebody else began this test. Begin your own.')
      emailOf(provider, claimed)
      // Shown, not applied: a test changes nothing but what it says it does.
      const mapped = mapClaims(provider, claimed.claims, await identity.groupNames())
      await connect(admit, provider, { claimed, person: caller, trace: from })
      const test = { at: new Date(now()), by: caller.id }
      if (!(await store.recordTest(provider.id, provider.updatedAt, test)))
        throw new GatewayError('conflict', 'The provider was changed during the test. Test it again.')
      return { provider, claimed, mapped, clearCookie: flows.clear(flow) }
    },
    async requiredFor(email) {
      const provider = await store.ofDomain(domainOf(email))
      return provider?.enforced === true ? { id: provider.id, name: provider.name } : undefined
    },
    ...identitiesIn(store, { ...identity, kept }),
    ...{ assertionFor: kept.assertionFor, forgetSignIn: kept.endOf },
    close: () => parts.fetch.close(),
  }
}

async function metadataFor(
  store: ReturnType<typeof ssoStore>,
  saml: Saml,
  id: string | undefined,
): Promise<string | undefined> {
  if (id === undefined) return saml.metadata(undefined)
  const provider = await byId(store, id)
  return provider === undefined || !isSaml(provider) ? undefined : saml.metadata(provider)
}

function identitiesIn(
  store: ReturnType<typeof ssoStore>,
  { memberships, kept }: Pick<Identity, 'memberships'> & { kept: Pick<KeptSignIns, 'endOf'> },
): Pick<Sso, 'identitiesOf' | 'personOf' | 'disconnect'> {
  return {
    identitiesOf: store.identitiesOf,
    async personOf(who) {
      const [person, ...others] = await store.peopleOf(who)
      return others.length === 0 ? person : undefined
    },
    async disconnect(userId, providerId) {
      await kept.endOf(userId)
      const gone = await store.disconnect(userId, providerId)
      for (const id of gone) await memberships.set(id, userId, [])
      return gone.length
    },
  }
}

/** Turned off, nothing that was kept stays. */
function forgetting(providers: Providers, kept: Pick<KeptSignIns, 'endAt'>): Providers {
  return {
    ...providers,
    async update(id, change) {
      const done = await providers.update(id, change)
      if (!done.after.keepsSignIn) await kept.endAt(done.after.id)
      return done
    },
  }
}

function offeredOf(all: readonly Provider[]): Awaited<ReturnType<Sso['offered']>> {
  const providers = all.filter((one) => one.shown).map(({ id, name }) => ({ id, name }))
  return { asksEmail: all.some(({ domains }) => domains.length > 0), providers }
}

type Ends = {
  store: ReturnType<typeof ssoStore>
  flows: Flows
  now: () => number
  oidc: Oidc
  assertions: Assertions
}

/** What every end has in common. Whatever comes of it, an answer counts once. */
async function judgeAnswer(
  { store, flows, now, oidc, assertions }: Ends,
  answer: OidcAnswer,
  { purpose, cookies }: { purpose: Purpose; cookies: Cookies },
): Promise<{ flow: Flow; provider: Provider; claimed: Claimed; tokens?: SignInTokens }> {
  const flow = flows.read(answer.state, cookies)
  if (flow === undefined || flow.purpose !== purpose) throw stale()
  const provider = await store.find(flow.providerId)
  if (provider === undefined) throw new GatewayError('sso-refused', 'This provider was removed meanwhile.')
  // Of SAML the provider's form was judged, and used up, when it arrived.
  if (isSaml(provider))
    return { flow, provider, claimed: await assertions.take(provider, flow, answer.error) }
  if (!(await store.use(flow.id, new Date(flow.expiresAtMs), new Date(now())))) throw stale()
  return { flow, provider, ...(await oidc.finish(provider as OidcProvider, flow, answer)) }
}

const stale = () =>
  new GatewayError(
    'sso-refused',
    'This sign-in was not begun in this browser, was ended before, or took longer than 15 minutes.',
  )

async function byId(store: ReturnType<typeof ssoStore>, id: string): Promise<Provider | undefined> {
  return isUuid(id) ? store.find(id as ProviderId) : undefined
}
