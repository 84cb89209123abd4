import { createHmac } from 'node:crypto'
import type { Identity } from '../identity/identity.ts'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import { type HostClaim, isHostClaim } from '../lib/host-proof.ts'
import { type Attempts, limitAttempts } from '../lib/limit-attempts.ts'
import type { Sso } from '../sso/sso.ts'
import type { Db } from '../storage/storage.ts'
import { openChallenges } from './challenge.ts'
import { checkPassword } from './check-password.ts'
import { openPasswordHasher, type PasswordHasher } from './hash-password.ts'
import { type OwnIdentities, openOwnIdentities } from './own-identities.ts'
import { type Answer, openPasskeys, type Passkeys } from './passkeys.ts'
import { openSecondFactor, type SecondFactor } from './second-factor.ts'
import { type SignInStore, signInStore } from './store.ts'

export type Origin = { ip: string; userAgent: string }
export type SignedIn = Awaited<ReturnType<Identity['sessions']['start']>>
type Identified = (person: { id: UserId; email: string }) => Promise<void>

/**
 * How people prove who they are to the console: links, passwords with codes, passkeys. All of them throw sso-required for
 * people whose domain must sign in through an identity provider, but for a link made by `recover`.
 */
export type SignIn = {
  withLink(token: string, from: Origin, identified: Identified): Promise<SignedIn>
  /**
   * Throws sign-in-refused in the same words and after the same time whether or not the person exists, has a password,
   * or is deactivated; second-factor-required when the password is right and a code is missing; rate-limited.
   */
  withPassword(
    given: { email: string; password: string; code: string | undefined },
    from: Origin,
    identified: Identified,
  ): Promise<SignedIn>
  withPasskey(answer: Answer, from: Origin, identified: Identified): Promise<SignedIn>
  /** For a claim only the owner of the host can make. Throws sign-in-refused, also for one used before or too old. */
  recover(
    claim: HostClaim & { proof: string },
    ip: string,
    identified: Identified,
  ): Promise<{ email: string; url: string; expiresAt: Date }>
  passwordChangedAt(userId: UserId): Promise<Date | undefined>
  /** Ends every other session of the person. Throws sign-in-again, sign-in-refused for a wrong current one, invalid-field. */
  setPassword(
    caller: Caller,
    given: { password: string; current: string | undefined },
    ip: string,
  ): Promise<void>
  /** Throws sign-in-again unless the caller's session began in the last minutes: a key or an old session is not enough. */
  checkRecent(caller: Caller): Promise<void>
  /** Forgets a person's password, authenticator app and passkeys. */
  endWays(userId: UserId): Promise<void>
  /** What the sign-in page offers of identity providers. */
  singleSignOn: Sso['offered']
  /** Who a person is at identity providers; changed by themselves. */
  readonly identities: OwnIdentities
  readonly passkeys: Passkeys
  readonly secondFactor: SecondFactor
}

export type SignInParts = {
  db: Db
  identity: Pick<Identity, 'people' | 'sessions' | 'recover'>
  keyring: {
    seal(plain: string, bind: string): string
    open(sealed: string, bind: string): string
    derive(label: string): Buffer
  }
  config: { publicUrl: URL; productName: string }
  /** Who must sign in elsewhere, and what the sign-in page offers. */
  sso: Pick<Sso, 'requiredFor' | 'offered' | 'identitiesOf' | 'disconnect'>
  /** Who can sign with one of these owns the host. */
  hostKeys: readonly Buffer[]
  /** Of scrypt; for tests, which hash often. */
  passwordCost?: number
  now: () => number
}

/** How long after signing in the ways to sign in may be changed. */
const recentMs = 15 * 60_000

export function openSignIn(parts: SignInParts): SignIn {
  const { identity, keyring, config, now } = parts
  const store = signInStore(parts.db)
  const hasher = openPasswordHasher(parts.passwordCost)
  const attempts = limitAttempts(now)
  const { publicUrl, productName } = config
  const challenges = openChallenges(keyring.derive('sign-in-challenge'), now)
  const passkeys = openPasskeys({ store, challenges, publicUrl, productName, now })
  const codeKey = keyring.derive('recovery-code')
  const secondFactor = openSecondFactor({ store, keyring, codeKey, productName, now })

  const linkKey = keyring.derive('recovery-link')
  const ground: Ground = {
    sso: parts.sso,
    linkHash: (token) => createHmac('sha256', linkKey).update(token).digest('base64url'),
    people: identity.people,
    sessions: identity.sessions,
    store,
    attempts,
    hasher,
    now,
  }
  return {
    passkeys,
    secondFactor,
    endWays: store.removeWays,
    singleSignOn: parts.sso.offered,
    identities: openOwnIdentities({
      sso: parts.sso,
      store,
      checkRecent: async (caller) => void (await recentSession(ground, caller)),
    }),
    checkRecent: async (caller) => void (await recentSession(ground, caller)),
    recover: (claim, ip, identified) => recover({ ...ground, ...parts }, { claim, ip, identified }),
    passwordChangedAt: async (userId) => (await store.password(userId))?.changedAt,
    ...ways(ground, { passkeys, secondFactor }),
    setPassword: (caller, given, ip) => setPassword(ground, { caller, ...given, ip, productName }),
  }
}

type Ground = Pick<Identity, 'people' | 'sessions'> & {
  sso: Pick<Sso, 'requiredFor'>
  /** What is kept of a link that recovers. */
  linkHash(token: string): string
  store: SignInStore
  attempts: Attempts
  hasher: PasswordHasher
  now: () => number
}

async function recentSession({ sessions, now }: Ground, caller: Caller): Promise<{ method: string }> {
  const session = (await sessions.devices(caller.id)).find(({ id }) => id === caller.proof.id)
  if (session !== undefined && session.createdAt.getTime() + recentMs > now()) return session
  throw new GatewayError(
    'sign-in-again',
    session === undefined
      ? 'Ways to sign in are changed in the console, not with an API key.'
      : 'You signed in more than 15 minutes ago.',
  )
}

/** By the domain alone, whether or not somebody has this email. */
async function checkWayOpen({ sso }: Pick<Ground, 'sso'>, email: string): Promise<void> {
  const provider = await sso.requiredFor(email)
  if (provider === undefined) return
  throw new GatewayError(
    'sso-required',
    `People of ${email.slice(email.lastIndexOf('@') + 1).slice(0, 253)} sign in through ${provider.name}.`,
    { data: { provider_id: provider.id, provider_name: provider.name } },
  )
}

function ways(
  ground: Ground,
  { passkeys, secondFactor }: Pick<SignIn, 'passkeys' | 'secondFactor'>,
): Pick<SignIn, 'withLink' | 'withPassword' | 'withPasskey'> {
  const { people, sessions, store, attempts, hasher } = ground
  return {
    async withLink(token, from, identified) {
      const giveBack = attempts.take(undefined, from.ip)
      const recovers = await store.isRecoveryLink(ground.linkHash(token), new Date(ground.now()))
      const signedIn = await sessions.signIn(token, from, async (person) => {
        await identified(person)
        if (!recovers) await checkWayOpen(ground, person.email)
      })
      giveBack()
      return signedIn
    },
    async withPassword({ email, password, code }, from, identified) {
      const giveBack = attempts.take(email, from.ip)
      await checkWayOpen(ground, email)
      const person = await people.findByEmail(email)
      const stored = person?.status === 'active' ? await store.password(person.id) : undefined
      const isRight = await hasher.matches(password, stored?.hash)
      if (person === undefined || !isRight) throw refused()
      if (await secondFactor.isOn(person.id)) {
        if (code === undefined) {
          giveBack()
          throw new GatewayError('second-factor-required', 'Your password is right. Enter a code as well.')
        }
        if (!(await secondFactor.takes(person.id, code)))
          throw new GatewayError('sign-in-refused', 'This code is wrong or was used already.')
      }
      giveBack()
      await identified(person)
      return sessions.start(person, from, 'password')
    },
    async withPasskey(answer, from, identified) {
      const giveBack = attempts.take(undefined, from.ip)
      const activePerson = async (userId: UserId) => {
        const person = await people.find(userId)
        if (person?.status !== 'active') throw refused()
        await checkWayOpen(ground, person.email)
        return person
      }
      const userId = await passkeys.check(answer, async (id) => identified(await activePerson(id)))
      giveBack()
      return sessions.start(await activePerson(userId), from, 'passkey')
    },
  }
}

async function setPassword(
  ground: Ground,
  o: { caller: Caller; password: string; current: string | undefined; ip: string; productName: string },
): Promise<void> {
  const { store, hasher, attempts, sessions, now } = ground
  const { caller, password, current } = o
  const session = await recentSession(ground, caller)
  const stored = await store.password(caller.id)
  // Whoever came by link or passkey may have forgotten it.
  if (stored !== undefined && session.method === 'password') {
    const giveBack = attempts.take(caller.email, o.ip)
    if (current === undefined || !(await hasher.matches(current, stored.hash)))
      throw new GatewayError('sign-in-refused', 'The current password is wrong.')
    giveBack()
  }
  checkPassword(password, 'body.password', [caller.email, caller.name, o.productName])
  await store.putPassword(caller.id, await hasher.hash(password), new Date(now()))
  if (caller.proof.kind === 'session') await sessions.end(caller.id, { except: caller.proof.id })
}

/** A claim is as good as a clock is right. */
const claimMs = 5 * 60_000

async function recover(
  { attempts, store, now, hostKeys, identity, linkHash }: Ground & SignInParts,
  { claim, ip, identified }: { claim: HostClaim & { proof: string }; ip: string; identified: Identified },
): Promise<{ email: string; url: string; expiresAt: Date }> {
  const giveBack = attempts.take(undefined, ip)
  const isFresh = Math.abs(now() - claim.at) < claimMs
  if (!isHostClaim(hostKeys, claim, claim.proof) || !isFresh)
    throw new GatewayError('sign-in-refused', 'This was not signed by the host, or its clock is minutes off.')
  if (!(await store.answerChallenge(`host ${claim.nonce}`, new Date(claim.at + claimMs), new Date(now()))))
    throw new GatewayError('sign-in-refused', 'This was used before. Run the command again.')
  giveBack()
  const { email, link } = await identity.recover(claim.email === '' ? undefined : claim.email, identified)
  await store.keepRecoveryLink(linkHash(link.token), link.expiresAt, new Date(now()))
  return { email, url: link.url, expiresAt: link.expiresAt }
}

const refused = () => new GatewayError('sign-in-refused', 'The email or the password is wrong.')
