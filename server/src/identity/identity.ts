import type { Config } from '../config/config.ts'
import type { Caller, Principal } from '../kernel/caller.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { openAuthenticator } from './authenticate-caller.ts'
import { type Keys, openKeys } from './change-keys.ts'
import { type Groups, openGroups, openPeople, type People } from './change-people.ts'
import { countFailures, type FailedAuthentication } from './count-failures.ts'
import { keepSessions, type Sessions, type SignInLink } from './keep-session.ts'
import { principalOf } from './person.ts'
import { keyStore, sessionStore } from './proof-store.ts'
import type { Presented } from './read-proof.ts'
import { setUpAdmin } from './set-up-admin.ts'
import { groupStore, peopleStore } from './store.ts'

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
  /** A link that signs this person in once within 24 hours. Throws not-found without such an active person. */
  mintSignInLink(email: string): Promise<SignInLink>
  /**
   * Run once at start: sees to it that somebody can administer the installation. Answers the email to print a sign-in
   * link for, while the installation is new, unused, and no administrator came from the environment.
   */
  setUp(admin: Config['admin']): Promise<string | undefined>
  /** Names by group id. */
  groupNames(): Promise<ReadonlyMap<string, string>>
  /** Failed authentications since the start of this process. */
  failures(): number
  readonly people: People
  readonly groups: Groups
  readonly keys: Keys
  readonly sessions: Sessions
  close(): Promise<void>
}

export type IdentityParts = {
  db: Db
  bus: Bus
  keyring: { derive(label: string): Buffer }
  publicUrl: URL
  now: () => number
  log: Log
  /** Hears of a sample of the failed authentications. */
  onFailed?: (facts: FailedAuthentication) => void
}

export function openIdentity(parts: IdentityParts): Identity {
  const { db, bus, keyring, now, log } = parts
  const [people, groups, keys, sessions] = [peopleStore(db), groupStore(db), keyStore(db), sessionStore(db)]
  const hashKeys = {
    apiKey: keyring.derive('api-key'),
    session: keyring.derive('console-session'),
    link: keyring.derive('sign-in-link'),
    csrf: keyring.derive('csrf'),
  }
  const failures = countFailures(parts.onFailed ?? (() => undefined), now)
  const kept = keepSessions({ people, sessions, bus, hashKeys, publicUrl: parts.publicUrl, now })
  const authenticator = openAuthenticator({
    keys,
    sessions,
    bus,
    onFailed: failures.add,
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
    setUp: (admin) => setUpAdmin({ db, bus, hashKey: hashKeys.apiKey, now }, admin),
    groupNames: groups.names,
    failures: failures.total,
    people: openPeople(people, bus, now),
    groups: openGroups(groups, bus, now),
    keys: openKeys({ keys, people, bus, hashKey: hashKeys.apiKey, now }),
    sessions: kept,
    close: authenticator.close,
  }
}
