import type { Config } from '../config/config.ts'
import type { Caller, Principal } from '../kernel/caller.ts'
import { type GroupId, isUuid, newId, type UserId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { openAuthenticator, type TokenSource } from './authenticate-caller.ts'
import { type Keys, openKeys } from './change-keys.ts'
import { type Author, type Groups, openGroups, openPeople, type People } from './change-people.ts'
import { groupStore } from './group-store.ts'
import { keepSessions, type Sessions, type SignInLink } from './keep-session.ts'
import { invite, type Known, recoverAdmin } from './let-in.ts'
import { type Memberships, openMemberships } from './membership-store.ts'
import { type Notices, openNotices } from './notice-store.ts'
import { principalOf } from './person.ts'
import { keyStore } from './proof-store.ts'
import type { Presented } from './read-proof.ts'
import { openServerAdmins, type ServerAdmins } from './server-admin-store.ts'
import { sessionStore } from './session-store.ts'
import { setUpAdmin } from './set-up-admin.ts'
import { peopleStore } from './store.ts'
import { type Ended, hearEnded } from './tell-ended.ts'

/** People, groups, keys and console sessions, and the one place that turns a credential into a Caller. */
export type Identity = {
  /**
   * Synchronous when the credential is cached. Throws or rejects GatewayError('unauthenticated'), always in the same
   * words, or 'busy' while changes made elsewhere cannot be heard.
   */
  authenticate(presented: Presented): Caller | Promise<Caller>
  /** A person as policy sees them; undefined when unknown or deactivated. */
  find(userId: UserId): Promise<Principal | undefined>
  csrfTokenOf(caller: Caller): string
  /** A link that signs this person in once, by default within 24 hours. Throws not-found without such an active person. */
  mintSignInLink(email: string, lifeMs?: number): Promise<SignInLink>
  /** For somebody's first sign-in, within 7 days. Throws conflict once they have signed in, not-allowed like update. */
  invite(userId: UserId, by: Author): Promise<SignInLink>
  /**
   * For whoever proved to own the host: makes this person (by default the first Super Admin) an active Super Admin, and
   * a link that signs them in within 15 minutes. `known` hears who it is before anything changes.
   */
  recover(email: string | undefined, known: Known): Promise<{ email: string; link: SignInLink }>
  /**
   * The link to print at start, while the installation is new, unused, and no administrator came from the environment.
   * The newest link of a person is the only one that works.
   */
  firstSignInLink(): Promise<string | undefined>
  personExists(id: string): Promise<boolean>
  /** The id of the person with this email, upper and lower case alike. */
  personByEmail(email: string): Promise<UserId | undefined>
  groupExists(id: string): Promise<boolean>
  /** Names by group id. */
  groupNames(): Promise<ReadonlyMap<string, string>>
  /** Failed authentications since the start of this process. */
  failures(): number
  /** Whoever has been Super Admin the longest, but for this person. */
  superAdminBesides(id: UserId): Promise<UserId | undefined>
  readonly people: People
  readonly groups: Groups
  readonly memberships: Memberships
  readonly keys: Keys
  readonly sessions: Sessions
  readonly notices: Notices
  readonly serverAdmins: ServerAdmins
  /** Hears, on every process, of people deactivated or deleted and keys and sessions revoked. Returns the unsubscriber. */
  onEnded(listener: (ended: Ended) => void): () => void
  close(): Promise<void>
}

export type IdentityParts = {
  db: Db
  bus: Bus
  keyring: { derive(label: string): Buffer }
  config: Pick<Config, 'admin' | 'publicUrl'>
  /** Access tokens of the authorization server; without it there are none. */
  tokens?: TokenSource
  now: () => number
  log: Log
  /** Hears of every failed authentication. `reason` is a word of ours, never a credential. */
  onFailed?: (facts: { ip: string; reason: string; requestId: string }) => void
}

/** Opens the noun and sees to it that somebody can administer the installation. */
export async function openIdentity(parts: IdentityParts): Promise<Identity> {
  const { db, bus, keyring, config, now, log } = parts
  const [people, groups, keys, sessions] = [peopleStore(db), groupStore(db), keyStore(db), sessionStore(db)]
  const hashKeys = {
    apiKey: keyring.derive('api-key'),
    session: keyring.derive('console-session'),
    link: keyring.derive('sign-in-link'),
    csrf: keyring.derive('csrf'),
  }
  let failures = 0
  const linkFor = await setUpAdmin({ db, bus, hashKey: hashKeys.apiKey, now }, config.admin)
  const kept = keepSessions({ people, sessions, bus, hashKeys, publicUrl: config.publicUrl, now })
  const authenticator = openAuthenticator({
    people,
    tokens: parts.tokens ?? noTokens,
    keys,
    sessions,
    bus,
    onFailed(reason, ip) {
      failures++
      parts.onFailed?.({ ip, reason, requestId: newId(now()) })
    },
    hashKeys,
    cookieName: kept.cookieName,
    now,
    log,
  })
  return {
    authenticate: authenticator.authenticate,
    async find(userId) {
      const person = await people.find(userId)
      return person?.status === 'active' ? principalOf(person) : undefined
    },
    csrfTokenOf: kept.csrfTokenOf,
    mintSignInLink: kept.mintSignInLink,
    invite: (userId, by) => invite({ people: openPeople(people, bus, now), links: kept, keys }, userId, by),
    recover: (email, known) => recoverAdmin({ db, bus, now, links: kept }, email, known),
    firstSignInLink: async () =>
      linkFor === undefined ? undefined : (await kept.mintSignInLink(linkFor)).url,
    personExists: async (id) => isUuid(id) && (await people.find(id as UserId)) !== undefined,
    personByEmail: async (email) => (await people.findByEmail(email))?.id,
    groupExists: async (id) => isUuid(id) && (await groups.find(id as GroupId)) !== undefined,
    groupNames: groups.names,
    failures: () => failures,
    superAdminBesides: async (id) => (await people.firstSuperAdmin(id))?.id,
    people: openPeople(people, bus, now),
    groups: openGroups(groups, bus, now),
    memberships: openMemberships(db, bus),
    keys: openKeys({ keys, people, bus, hashKey: hashKeys.apiKey, now }),
    sessions: kept,
    notices: openNotices(db, now),
    serverAdmins: openServerAdmins(db, bus),
    onEnded: (listener) => hearEnded(bus, listener),
    close: authenticator.close,
  }
}

const noTokens: TokenSource = {
  find: async () => undefined,
  accepts: () => false,
  proofs: { take: async () => undefined },
  recordUses: async () => undefined,
  recordAgentUses: async () => undefined,
}
