import { type AgentAccounts, openAgentAccounts } from './agent-accounts/agent-accounts.ts'
import { type Audit, openAudit } from './audit/audit.ts'
import { type CodeMode, openCodeMode } from './code-mode/code-mode.ts'
import type { Config } from './config/config.ts'
import { type Connectors, openConnectors } from './connectors/connectors.ts'
import type { Credentials } from './credentials/credentials.ts'
import { hostKeys, type Keyring, openKeyring } from './credentials/keyring.ts'
import { type KeyRotation, keyRotation } from './credentials/rotate-key.ts'
import type { Directory } from './directory/directory.ts'
import type { Grants } from './grants/grants.ts'
import { type GuardParts, type Guards, openGuards } from './guards/guards.ts'
import type { ProcessHosting } from './hosting/hosting.ts'
import { type Identity, openIdentity } from './identity/identity.ts'
import type { OffBoarding } from './identity/off-board.ts'
import { newId } from './kernel/ids.ts'
import { openGuardedFetch } from './lib/guarded-fetch.ts'
import type { Log } from './lib/log.ts'
import { addressGuard } from './lib/network.ts'
import type { Mail } from './mail/mail.ts'
import { type Oauth, openOauth } from './oauth/oauth.ts'
import { openTokens, type Tokens } from './oauth/tokens.ts'
import { openReach } from './open-reach.ts'
import { openStaff } from './open-staff.ts'
import { openPolicy, type Policy } from './policy/policy.ts'
import { openProcesses, type Processes } from './processes/processes.ts'
import { openRequests, type Requests } from './requests/requests.ts'
import { openSignIn, type SignIn } from './sign-in/sign-in.ts'
import { openSso, type Sso } from './sso/sso.ts'
import { lockDataFolder, openStorage, type Storage } from './storage/storage.ts'
import { openTools, type Tools } from './tools/tools.ts'
import type { OpenUpstreams } from './upstream/upstream.ts'

/** The nouns of the product, opened in the order they need each other. */
export type Parts = {
  readonly config: Config
  readonly log: Log
  readonly now: () => number
  readonly storage: Storage
  readonly keyring: Keyring
  readonly keyRotation: KeyRotation
  readonly audit: Audit
  readonly agents: AgentAccounts
  readonly identity: Identity
  readonly offBoarding: OffBoarding
  readonly directory: Directory
  readonly mail: Mail
  readonly signIn: SignIn
  readonly sso: Sso
  readonly tokens: Tokens
  readonly oauth: Oauth
  readonly requests: Requests
  readonly connectors: Connectors
  readonly credentials: Credentials
  readonly grants: Grants
  readonly hosting: ProcessHosting
  readonly upstreams: OpenUpstreams
  readonly policy: Policy
  readonly tools: Tools
  readonly guards: Guards
  readonly codeMode: CodeMode
  readonly processes: Processes
}

export type PartsOptions = {
  config: Config
  log: Log
  now: () => number
  /** The demo's own servers may run where no sandbox works (contract.md §2). */
  demo: boolean
  /** PATH and npm settings for installing hosted servers; nothing else is read from it. */
  hostEnvironment: Record<string, string | undefined>
}

export type Ground = Pick<Parts, 'config' | 'log' | 'now' | 'storage' | 'keyring'>

export async function openParts(options: PartsOptions): Promise<Parts> {
  const { config, log, now } = options
  const storage = await openLocked(config, log)
  const keyring = await openKeyring({
    db: storage.db,
    secretKeys: config.secretKeys,
    dataDir: config.dataDir,
    embedded: storage.kind === 'embedded',
  })
  const ground = { config, log, now, storage, keyring }
  const connectors = await openConnectors({ db: storage.db, bus: storage.bus })
  const { db, bus } = storage
  const { audit, agents, identity, tokens } = await openRecord(ground, connectors)
  const sso = openSso({
    ...{ db, identity, keyring, now },
    journal: audit.journal,
    fetch: openGuardedFetch({ guard: addressGuard(config.allowedNetworks) }),
    publicUrl: config.publicUrl,
    onRefused: ({ ip, why }) => audit.recordFailedAuthentication({ ip, why, requestId: newId(now()) }),
  })
  const reach = await openReach(ground, options, { connectors, audit, identity, sso, tokens })
  const { credentials, upstreams } = reach
  const policy = await openPolicy({ db, bus, now, log, groupNames: () => identity.groupNames() })
  const attach = credentials.attach.bind(credentials)
  const guards = await openGuards(guardParts(ground, audit))
  const tools = await openTools({
    ...{ db, bus, connectors, upstreams, attach, now, log },
    limits: config.limits,
    scanner: guards.list,
    onFlagged: guards.list.tell,
  })
  const oauth = await openOauth({
    ...{ db, bus, keyring, tokens, identity, now, log },
    publicUrl: config.publicUrl,
    allowedNetworks: config.allowedNetworks,
    agents,
    sso,
    journal: audit.journal,
  })
  const hosts = [...hostKeys(config)]
  const signIn = openSignIn({ db, identity, sso, keyring, config, hostKeys: hosts, now })
  const codeMode = await openCodeMode({ db, bus, now })
  const processes = await openProcesses({ db, now, log, internalUrl: sharedUrl(config) })
  return {
    ...ground,
    keyRotation: keyRotation({ db, ...config, hostKeys: hosts, now }),
    audit,
    agents,
    identity,
    ...openStaff(ground, { audit, agents, identity, connectors, ...reach, signIn, sso, oauth }),
    signIn,
    sso,
    tokens,
    oauth,
    requests: openRequests({ db, now }),
    connectors,
    ...reach,
    policy,
    tools,
    guards,
    codeMode,
    processes,
  }
}

/** What the guards need, with a way of their own to models outside. */
function guardParts({ config, log, now, storage, keyring }: Ground, audit: Audit): GuardParts {
  const { db, bus } = storage
  const fetch = openGuardedFetch({ guard: addressGuard(config.allowedNetworks) })
  return { db, bus, keyring, fetch, record: audit.record, now, log }
}

/** The embedded store serves one process, so there is no other to reach. */
function sharedUrl({ databaseUrl, internalUrl }: Config): string | undefined {
  return databaseUrl === undefined ? undefined : internalUrl
}

/** The store, with the data folder held by this process alone. */
async function openLocked(config: Config, log: Log): Promise<Storage> {
  const { databaseUrl, dataDir } = config
  if (databaseUrl === undefined) return await openStorage({ databaseUrl, dataDir, log })
  const lock = await lockDataFolder(dataDir, () =>
    log.error({ dataDir }, 'the data folder is no longer ours: another process may use it'),
  )
  try {
    const storage = await openStorage({ databaseUrl, dataDir, log })
    return {
      ...storage,
      async close() {
        await storage.close()
        await lock.release()
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** Who is who, and the record of what they did. */
async function openRecord(
  ground: Ground,
  connectors: Connectors,
): Promise<Pick<Parts, 'audit' | 'agents' | 'identity' | 'tokens'>> {
  const { config, log, now, storage, keyring } = ground
  const { db, bus, pool, connection } = storage
  const isSensitive = (id: string) => connectors.list().some((each) => each.id === id && each.sensitive)
  const { dataDir } = config
  const audit = await openAudit({ pool, connection, dataDir, keyring, now, log, isSensitive })
  const agents = openAgentAccounts({ db, bus, keyring, now })
  const tokens = await openTokens({ db, bus, keyring, publicUrl: config.publicUrl, agents, now, log })
  const identity = await openIdentity({
    tokens,
    db,
    bus,
    keyring,
    config,
    now,
    log,
    onFailed: ({ ip, reason, requestId }) => audit.recordFailedAuthentication({ ip, why: reason, requestId }),
  })
  return { audit, agents, identity, tokens }
}

/** Ends the parts in the reverse order; each gets its chance even when another fails. */
export async function closeParts(parts: Parts, drainMs: number): Promise<void> {
  const steps: [string, () => unknown][] = [
    ['processes', () => parts.processes.close()],
    ['code mode', () => parts.codeMode.close()],
    ['upstreams', () => parts.upstreams.drain(drainMs)],
    ['hosting', () => parts.hosting.stopAll()],
    ['tools', () => parts.tools.close()],
    ['guards', () => parts.guards.close()],
    ['policy', () => parts.policy.close()],
    ['grants', () => parts.grants.close()],
    ['credentials', () => parts.credentials.close()],
    ['single sign-on', () => parts.sso.close()],
    ['oauth', () => parts.oauth.close()],
    ['identity', () => parts.identity.close()],
    ['tokens', () => parts.tokens.close()],
    ['mail', () => parts.mail.close()],
    ['audit', () => parts.audit.close()],
    ['connectors', () => parts.connectors.close()],
    ['storage', () => parts.storage.close()],
  ]
  for (const [name, close] of steps) {
    try {
      await close()
    } catch (error) {
      parts.log.error({ err: error, part: name }, 'a part did not end in good order')
    }
  }
}
