import { createHash } from 'node:crypto'
import { createRemoteJWKSet, customFetch, decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type UserId } from '../kernel/ids.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { type IssuerStore, issuerStore, type TrustedIssuer } from './issuer-store.ts'

export const assertionAlgorithms = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const
const maxIssuers = 50
/** An assertion is made for one request: older, or good for longer, it is no such thing. */
const maxLifeSeconds = 600
const tolerance = 30

/** Identity providers whose assertions count here, set by an administrator. */
export type Issuers = {
  list(): readonly TrustedIssuer[]
  /** Throws conflict when it is there already, or there are too many. */
  add(
    draft: Pick<TrustedIssuer, 'issuer' | 'jwksUri' | 'algorithms' | 'linkByEmail'>,
    by: UserId,
  ): Promise<TrustedIssuer>
  remove(id: string): Promise<TrustedIssuer>
  /** What a good assertion says and whose it is, spent hereby; or in words why it does not count. */
  read(text: string, expected: { issuer: string; clientId: string }): Promise<Assertion | string>
  /** Whom a subject means: remembered, who signs in here with it, or found by email where that is allowed. */
  personOf(assertion: Assertion, known: Known): Promise<UserId | undefined>
  close(): void
}
/** What is known of people besides. */
export type Known = {
  byEmail(email: string): Promise<UserId | undefined>
  /** Who signs in to the console as this subject. */
  bySignIn(who: { issuer: string; subject: string }): Promise<UserId | undefined>
  /** The issuers a person signs in to the console at. */
  issuersOf(id: UserId): Promise<readonly string[]>
}
export type Assertion = {
  readonly from: TrustedIssuer
  readonly subject: string
  readonly claims: JWTPayload
}

export type IssuerParts = { db: Db; bus: Bus; fetch: typeof fetch; now: () => number }

type KeySet = ReturnType<typeof createRemoteJWKSet>

export async function keepIssuers({ db, bus, fetch, now }: IssuerParts): Promise<Issuers> {
  const store = issuerStore(db)
  let issuers = await store.all()
  const keySets = new Map<string, KeySet>()
  const keysOf = ({ id, jwksUri }: TrustedIssuer): KeySet => {
    const known = keySets.get(id)
    if (known !== undefined) return known
    const made = createRemoteJWKSet(new URL(jwksUri), { [customFetch]: fetch, timeoutDuration: 5_000 })
    keySets.set(id, made)
    return made
  }
  const stop = bus.on('oauth-issuers', async () => {
    issuers = await store.all()
    keySets.clear()
  })
  const changed = (id: string) => bus.publish('oauth-issuers', id)
  return {
    list: () => issuers,
    async add(draft, by) {
      const made = { ...draft, id: newId(now()) as string, createdBy: by, createdAt: new Date(now()) }
      const done = await store.insert(made, maxIssuers)
      if (done === 'full')
        throw new GatewayError('conflict', `There are ${maxIssuers} trusted issuers, which is the limit.`)
      if (done === 'taken') throw new GatewayError('conflict', 'This issuer is trusted already.')
      await changed(made.id)
      return made
    },
    async remove(id) {
      const found = issuers.find((each) => each.id === id)
      if (found === undefined || !(await store.remove(id)))
        throw new GatewayError('not-found', 'There is no trusted issuer with this id.')
      await changed(id)
      return found
    },
    async read(text, expected) {
      const from = issuers.find(({ issuer }) => issuer === issuerIn(text))
      if (from === undefined) return 'issuer not trusted'
      const claims = await verify(text, { from, keys: keysOf(from), issuer: expected.issuer, now })
      if (claims === undefined) return 'signature, type, audience or times are wrong'
      return spend(store, { from, claims, clientId: expected.clientId, now })
    },
    personOf: (assertion, known) => personOf(store, assertion, known, now),
    close: stop,
  }
}

function issuerIn(text: string): string | undefined {
  try {
    return decodeJwt(text).iss
  } catch {
    return undefined
  }
}

async function verify(
  text: string,
  o: { from: TrustedIssuer; keys: KeySet; issuer: string; now: () => number },
): Promise<JWTPayload | undefined> {
  const { payload } = await jwtVerify(text, o.keys, {
    issuer: o.from.issuer,
    audience: o.issuer,
    typ: 'oauth-id-jag+jwt',
    algorithms: [...o.from.algorithms],
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id', 'resource'],
    maxTokenAge: maxLifeSeconds,
    clockTolerance: tolerance,
    currentDate: new Date(o.now()),
  }).catch(() => ({ payload: undefined }))
  // Meant for this server alone: an assertion for several could be played on by one of them.
  if (payload === undefined || [payload.aud].flat().length !== 1) return undefined
  const { exp = 0, iat = 0 } = payload
  return exp - iat <= maxLifeSeconds ? payload : undefined
}

async function spend(
  store: IssuerStore,
  o: { from: TrustedIssuer; claims: JWTPayload; clientId: string; now: () => number },
): Promise<Assertion | string> {
  const { from, claims, clientId, now } = o
  const { sub: subject, jti, exp = 0 } = claims
  if (claims['client_id'] !== clientId) return 'made for another client'
  if (typeof subject !== 'string' || subject === '' || subject.length > 500) return 'no subject'
  if (typeof jti !== 'string' || jti === '' || jti.length > 500) return 'no id of its own'
  const hash = createHash('sha256')
    .update(JSON.stringify([from.issuer, jti]))
    .digest('base64url')
  const isFirst = await store.spend(hash, new Date((exp + tolerance) * 1000), new Date(now()))
  return isFirst ? { from, subject, claims } : 'used before'
}

async function personOf(
  store: IssuerStore,
  { from, subject, claims }: Assertion,
  { byEmail, bySignIn, issuersOf }: Known,
  now: () => number,
): Promise<UserId | undefined> {
  const known =
    (await store.accountOf(from.id, subject)) ?? (await bySignIn({ issuer: from.issuer, subject }))
  if (known !== undefined) return known
  const { email, email_verified: verified } = claims
  if (!from.linkByEmail || typeof email !== 'string' || verified === false) return undefined
  const found = await byEmail(email)
  // Whoever signs in here at this issuer is another subject: the address was given to somebody new.
  if (found === undefined || (await issuersOf(found)).includes(from.issuer)) return undefined
  return (await store.link(from.id, subject, found, new Date(now()))) ? found : undefined
}
