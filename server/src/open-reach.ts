import type { Connectors } from './connectors/connectors.ts'
import { openCredentials } from './credentials/credentials.ts'
import { secretStores } from './credentials/secret-stores.ts'
import { isDemoServer } from './demo/demo.ts'
import { connectUrl } from './gateway/visible-tools.ts'
import { openGrants, ownAddresses } from './grants/grants.ts'
import { withGrants } from './grants/with-grants.ts'
import { openHosting, type ProcessHosting } from './hosting/hosting.ts'
import type { Connector } from './kernel/connector.ts'
import { openGuardedFetch } from './lib/guarded-fetch.ts'
import { addressGuard } from './lib/network.ts'
import type { Ground, Parts, PartsOptions } from './parts.ts'
import type { Storage } from './storage/storage.ts'
import { openUpstreams } from './upstream/upstream.ts'

/** The way to upstreams: secrets, hosted processes, sessions. */
export async function openReach(
  ground: Ground,
  options: PartsOptions,
  parts: Pick<Parts, 'connectors' | 'audit' | 'identity' | 'sso' | 'tokens'>,
): Promise<Pick<Parts, 'credentials' | 'grants' | 'hosting' | 'upstreams'>> {
  const { config, log, now, storage, keyring } = ground
  const { connectors, audit, identity, sso, tokens } = parts
  const { db, bus } = storage
  const connectAt = (connector: Connector) => connectUrl(config.publicUrl, connector)
  const stores = secretStores({
    settings: config.secretStores,
    // The operator named these addresses, inside or not.
    fetch: openGuardedFetch({ guard: addressGuard(['0.0.0.0/0', '::/0']) }),
    now,
  })
  const values = openCredentials({ db, bus, keyring, stores, now, connectUrl: connectAt })
  const grants = await openGrants({
    ...{ db, bus, keyring, now, log, connectUrl: connectAt },
    journal: audit.journal,
    fetch: openGuardedFetch({ guard: addressGuard(config.allowedNetworks) }),
    own: ownAddresses(config),
    brokerUrl: config.oauthBrokerUrl,
    connector: (id) => connectors.find(id),
    clientSecret: values.clientSecret,
    clientAssertion: tokens.signClient,
    voices: {
      idJag: sso.assertionFor,
      async subjectToken(userId, audience) {
        const person = await identity.find(userId)
        return person === undefined ? undefined : await tokens.signSubject(person, audience)
      },
    },
  })
  const credentials = withGrants(values, grants)
  const hosting = await hostServers(options, { db, connectors })
  const product = { name: 'runlayer', title: config.productName, version: config.version }
  const { allowedNetworks, limits } = config
  const upstreams = openUpstreams({ hosting, allowedNetworks, limits, product, now, log })
  return { credentials, grants, hosting, upstreams: grants.guard(values.guard(upstreams)) }
}

/** Hosted processes end with their connector; packages nobody runs any more go at start. */
async function hostServers(
  options: PartsOptions,
  { db, connectors }: { db: Storage['db']; connectors: Connectors },
): Promise<ProcessHosting> {
  const { config, log, now } = options
  const hosting = await openHosting({
    dataDir: config.dataDir,
    stdioCommands: config.stdioCommands,
    unsandboxedStdio: config.unsandboxedStdio,
    mayRunBare: (connector) => {
      const stored = connectors.find(connector.id)
      return options.demo && stored !== undefined && isDemoServer(stored)
    },
    // A line holds a whole message: an answer of the allowed size, and what JSON puts around it.
    maxLineBytes: 2 * config.limits.upstreamBytes,
    hostEnvironment: options.hostEnvironment,
    db,
    now,
    log,
  })
  if (options.demo && !config.unsandboxedStdio && hosting.sandbox().kind === 'none') {
    log.warn(
      { reason: hosting.sandbox().reason },
      'THE SERVERS OF THE DEMO RUN WITHOUT A SANDBOX and can read what this process can read',
    )
  }
  await hosting.prunePackages(connectors.list().flatMap(({ pinned }) => pinned ?? []))
  connectors.onChange((id) => {
    if (connectors.find(id)?.status === 'active') return
    hosting
      .stopAll(id)
      .catch((error: unknown) =>
        log.warn({ err: error, server_id: id }, 'a hosted server could not be stopped'),
      )
  })
  return hosting
}
