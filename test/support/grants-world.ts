import { randomBytes } from 'node:crypto'
import { openConnectors } from '../../server/src/connectors/connectors.ts'
import { connectorStore } from '../../server/src/connectors/store.ts'
import { openCredentials } from '../../server/src/credentials/credentials.ts'
import { keyringOf } from '../../server/src/credentials/keyring.ts'
import type { SecretStores } from '../../server/src/credentials/secret-stores.ts'
import { type Grants, openGrants } from '../../server/src/grants/grants.ts'
import { withGrants } from '../../server/src/grants/with-grants.ts'
import type { Connector, ConnectorAuth } from '../../server/src/kernel/connector.ts'
import type { CloseEntry, Journal } from '../../server/src/kernel/entry.ts'
import { type EntryId, newId, type ServerId, type UserId } from '../../server/src/kernel/ids.ts'
import { referenceText } from '../../server/src/kernel/secret-ref.ts'
import { openGuardedFetch } from '../../server/src/lib/guarded-fetch.ts'
import { addressGuard } from '../../server/src/lib/network.ts'
import type { Storage } from '../../server/src/storage/storage.ts'
import { openUpstreams } from '../../server/src/upstream/upstream.ts'
import { connectorOf } from './connector-of.ts'
import { noSecretStores } from './no-secret-stores.ts'
import { quietLog } from './stores.ts'

const loopback = ['127.0.0.0/8', '::1/128']

/** The upstream side of one process: credentials, grants and upstreams over a store that several may share. */
export async function grantsWorld(o: {
  storage: Storage
  now: () => number
  dataKey?: Buffer
  documentUrl?: string
  stores?: SecretStores
  brokerUrl?: string
}) {
  const { db, bus } = o.storage
  const keyring = keyringOf(o.dataKey ?? Buffer.alloc(32, 7))
  const closed: CloseEntry[] = []
  const journal: Journal = {
    async open() {
      return { id: newId<'audit_entry'>() as EntryId, close: async (end) => void closed.push(end) }
    },
  }
  const connectors = await openConnectors({ db, bus })
  const values = openCredentials({
    db,
    bus,
    keyring,
    stores: o.stores ?? noSecretStores(),
    now: o.now,
    connectUrl: (each) => `https://gate.example/${each.id}`,
  })
  const grants: Grants = await openGrants({
    ...{ db, bus, keyring, journal, now: o.now, log: quietLog },
    fetch: openGuardedFetch({ guard: addressGuard(loopback) }),
    own: {
      productName: 'Gate',
      publicUrl: new URL('https://gate.example'),
      redirectUri: 'https://gate.example/connections/callback',
      signingDocumentUrl: 'https://gate.example/.well-known/oauth-client-with-key.json',
      jwksUrl: 'https://gate.example/api/v1/oauth/jwks',
      documentUrl: o.documentUrl ?? 'https://gate.example/.well-known/oauth-client.json',
    },
    connector: (id) => connectors.find(id),
    brokerUrl: o.brokerUrl,
    clientSecret: values.clientSecret,
    clientAssertion: async (clientId, audience) => `assertion of ${clientId} for ${audience}`,
    voices: {
      subjectToken: async (userId, audience) => `subject ${userId} for ${audience}`,
      idJag: async () => {
        throw new Error('nobody signs in at an identity provider here')
      },
    },
    connectUrl: (each) => `https://gate.example/${each.id}`,
  })
  const credentials = withGrants(values, grants)
  const upstreams = grants.guard(
    values.guard(
      openUpstreams({
        hosting: undefined as never,
        allowedNetworks: loopback,
        limits: { upstreamBytes: 1_000_000, jsonDepth: 64 },
        product: { name: 'gate', version: '1' },
        now: o.now,
        log: quietLog,
      }),
    ),
  )
  return {
    grants,
    credentials,
    connectors,
    closed,
    upstreams,
    /** As the pipeline calls a tool: attach, then call. */
    call: (connector: Connector, userId: UserId) => request(connector, userId, ['tools/call', 'whoami']),
    request,
    async close(): Promise<void> {
      await upstreams.drain(0)
      await grants.close()
      values.close()
      connectors.close()
    },
  }
  async function request(
    connector: Connector,
    userId: UserId,
    [method, tool]: [method: string, tool?: string],
  ): Promise<string> {
    const credential = await credentials.attach(connector, userId)
    const reply = await upstreams.call({
      connector,
      credential,
      lane: { principal: userId, session: undefined, exclusive: false },
      method,
      params: new Map(
        tool === undefined
          ? []
          : [
              ['name', JSON.stringify(tool)],
              ['arguments', '{}'],
            ],
      ),
      capabilities: {},
      logLevel: undefined,
      wantsProgress: false,
      paramHeaders: {},
      idleTimeoutMs: 10_000,
      signal: new AbortController().signal,
      onNotification: () => undefined,
      onAsk: async () => ({ error: '{}' }),
    })
    return reply.kind === 'result' ? reply.text : `error ${reply.message}`
  }
}

export type GrantsWorld = Awaited<ReturnType<typeof grantsWorld>>

/** A person and a connector as rows, made without the parts that usually make them. */
export async function addPerson(storage: Storage): Promise<UserId> {
  const id = newId<'user'>()
  await storage.pool.query(
    `INSERT INTO people (id, email, name, roles, status, created_at, updated_at) VALUES ($1, $2, 'P', '{}', 'active', now(), now())`,
    [id, `${randomBytes(4).toString('hex')}@example.com`],
  )
  return id
}

export async function addConnector(
  storage: Storage,
  o: {
    url: string
    auth: ConnectorAuth
    secret?: string
    transport?: Connector['transport']
    protocol?: Connector['protocol']
    /** Of `auth.token` or `auth.client_secret`, kept elsewhere. */
    references?: Readonly<Record<string, string>>
  },
): Promise<Connector> {
  const id: ServerId = newId<'server'>()
  const time = new Date().toISOString()
  const connector = connectorOf({
    id,
    name: 'Guarded',
    slug: `guarded-${id.slice(-12)}`,
    transport: o.transport ?? 'streamable_http',
    url: o.url,
    auth: o.auth,
    protocol: o.protocol ?? 'legacy',
    secretRefs: o.references ?? {},
    createdAt: time,
    updatedAt: time,
  })
  const keyring = keyringOf(Buffer.alloc(32, 7))
  const values = openCredentials({
    ...{ db: storage.db, bus: storage.bus, keyring, now: Date.now, stores: noSecretStores() },
    connectUrl: () => '',
  })
  await connectorStore(storage.db).insert({ ...connector, demo: false }, (tx) =>
    values.write(tx, id, { token: o.secret ?? kept(o.references), headers: {}, env: {} }),
  )
  values.close()
  await storage.bus.publish('connectors', id)
  return connector
}

function kept(references: Readonly<Record<string, string>> = {}): string | undefined {
  const [reference] = Object.values(references)
  return reference === undefined ? undefined : referenceText(reference)
}
