import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { noSecretStores } from '../../../test/support/no-secret-stores.ts'
import { openTestStorage, postgresMissing, quietLog, type TestStorage } from '../../../test/support/stores.ts'
import { openCredentials } from '../credentials/credentials.ts'
import { openKeyring } from '../credentials/keyring.ts'
import type { Caller, Role } from '../kernel/caller.ts'
import type { Connector, Health, PinnedPackage } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type ServerId, type UserId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { buildConnectorChanges } from './change-connector.ts'
import { type Connectors, isVisible, openConnectors } from './connectors.ts'
import { listConnectors } from './list-connectors.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function caller(roles: Role[] = ['super_admin']): Caller {
  const id = newId<'user'>()
  const proof = { kind: 'api_key', id: newId<'api_key'>() } as const
  return {
    type: 'user',
    id,
    email: `${id}@example.com`,
    name: 'A',
    roles,
    groupIds: [],
    proof,
  } as unknown as Caller
}

const http = { name: 'Weather', transport: 'streamable_http', url: 'https://example.com/mcp' } as const
const npx = { name: 'Files', transport: 'stdio', command: 'npx', args: ['-y', 'thing@1'] } as const
const pinnedThing: PinnedPackage = {
  name: 'thing',
  version: '1.0.0',
  integrity: 'sha512-x',
  folder: 'thing@1.0.0-abc',
}

async function build(storage: Storage) {
  const dataDir = mkdtempSync(join(tmpdir(), 'connectors-'))
  folders.push(dataDir)
  const { db, bus } = storage
  const keyring = await openKeyring({ db, secretKeys: [Buffer.alloc(32, 7)], dataDir, embedded: false })
  const connectors = await openConnectors({ db, bus })
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z') }
  const now = () => clock.ms
  const credentials = openCredentials({
    db,
    bus,
    keyring,
    now,
    stores: noSecretStores(),
    connectUrl: ({ id }) => `https://gateway.example/connectors/${id}`,
  })
  const learned: Connector[] = []
  const deleted: ServerId[] = []
  const outcome: { health: Health | Error; pinned: PinnedPackage | Error } = {
    health: { state: 'ok' },
    pinned: pinnedThing,
  }
  const give = <T>(value: T | Error): T => {
    if (value instanceof Error) throw value
    return value
  }
  const changes = buildConnectorChanges({
    db,
    bus,
    connectors,
    secrets: credentials,
    now,
    log: quietLog,
    host: {
      stdioCommands: ['npx'],
      checkPackage: () => undefined,
      checkMount: async () => undefined,
      checkReference: (text) => (text.startsWith('vault:') ? undefined : 'no such store'),
      pinPackage: async (connector) => connector.pinned ?? give(outcome.pinned),
    },
    activate: async (connector) => {
      learned.push(connector)
      return give(outcome.health)
    },
    onDeleted: async (id) => void deleted.push(id),
  })
  return { storage, connectors, credentials, changes, learned, deleted, outcome, clock, keyring }
}

async function person(storage: Storage): Promise<UserId> {
  const id = newId<'user'>()
  const sql = 'INSERT INTO people (id, email, created_at, updated_at) VALUES ($1, $2, now(), now())'
  await storage.pool.query(sql, [id, `${id}@example.com`])
  return id
}

/** Everything stored about connectors, as text. */
async function storedText(storage: Storage): Promise<string> {
  const tables = ['connectors', 'connector_secrets', 'personal_values']
  const rows = await Promise.all(tables.map((table) => storage.pool.query(`SELECT * FROM ${table}`)))
  return JSON.stringify(rows.map((result) => result.rows))
}

/** One store of each kind for the whole file, emptied between tests: opening one takes longer than all of them. */
const missing = postgresMissing()
const kinds = [
  { kind: 'embedded', skipped: undefined },
  { kind: 'postgres', skipped: missing },
] as const
describe.each(kinds)('$kind', ({ kind, skipped }) => {
  let store: TestStorage | undefined
  const open = async () => {
    store ??= await openTestStorage(kind)
    return store.storage
  }
  beforeEach(({ skip }) => skip(skipped !== undefined, skipped))
  afterEach(async () => {
    await store?.storage.pool.query('DELETE FROM connectors')
  })
  afterAll(() => store?.dispose())

  test('a connector is usable as soon as it was created and gone as soon as it was deleted', async () => {
    const { connectors, changes, learned, deleted } = await build(await open())
    const admin = caller()
    const made = await changes.create({ ...http, description: 'Rain' }, { caller: admin })
    expect(made).toMatchObject({
      slug: 'weather',
      status: 'active',
      health: { state: 'ok' },
      createdBy: admin.id,
      revision: 1,
    })
    expect(connectors.find(made.id)).toEqual(made)
    expect(learned.map(({ id }) => id)).toEqual([made.id])
    await changes.remove(made.id)
    expect(connectors.find(made.id)).toBeUndefined()
    expect(deleted).toEqual([made.id])
    await expect(changes.remove(made.id)).rejects.toMatchObject({ reason: 'not-found' })
  })

  test('another process sees the same connector, byte by byte', async () => {
    const first = await build(await open())
    const made = await first.changes.create(
      { ...npx, env: { A: '{API_KEY}' }, mounts: [{ path: '/data', mode: 'rw' }], network: 'open' },
      { caller: caller() },
    )
    const second = await openConnectors({ db: first.storage.db, bus: first.storage.bus })
    expect(second.find(made.id)).toEqual(first.connectors.find(made.id))
    expect(made).toMatchObject({ pinned: pinnedThing, personalValues: ['API_KEY'] })
  })

  test('names may repeat, slugs never do, and a new name leaves the slug', async () => {
    const { changes } = await build(await open())
    const made = [
      await changes.create(http, { caller: undefined }),
      await changes.create(http, { caller: undefined }),
    ]
    made.push(...(await Promise.all([1, 2, 3].map(() => changes.create(http, { caller: undefined })))))
    expect(made.map(({ slug }) => slug).sort()).toEqual([
      'weather',
      'weather-2',
      'weather-3',
      'weather-4',
      'weather-5',
    ])
    const [first] = made
    const renamed = await changes.update(first?.id as ServerId, { name: 'Climate' }, { caller: undefined })
    expect(renamed).toMatchObject({ name: 'Climate', slug: 'weather', revision: 2 })
  })

  test('a change made from an older state is refused, and of two at once one wins', async () => {
    const { changes } = await build(await open())
    const { id } = await changes.create(http, { caller: undefined })
    await changes.update(id, { name: 'B' }, { caller: undefined, expected: 1 })
    await expect(changes.update(id, { name: 'C' }, { caller: undefined, expected: 1 })).rejects.toMatchObject(
      { reason: 'conflict' },
    )
    const both = await Promise.allSettled(
      [1, 2].map((n) => changes.update(id, { name: `D${n}` }, { caller: undefined })),
    )
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('nothing is written when a field is wrong', async () => {
    const { changes, connectors, storage } = await build(await open())
    const wrong = changes.create({ ...http, headers: { host: 'x' } }, { caller: undefined })
    await expect(wrong).rejects.toMatchObject({ reason: 'invalid-field' })
    expect(connectors.list()).toEqual([])
    expect(await storedText(storage)).toBe('[[],[],[]]')
  })

  test('a failed activation leaves an active connector that says why', async () => {
    const { changes, outcome, connectors } = await build(await open())
    outcome.pinned = new GatewayError('hosting-failed', 'The registry has no such package.')
    const unpinned = await changes.create(npx, { caller: undefined })
    expect(unpinned).toMatchObject({
      status: 'active',
      health: { state: 'failing', message: 'The registry has no such package.' },
    })
    outcome.pinned = pinnedThing
    outcome.health = new GatewayError('needs-connection', 'Somebody has to connect first.')
    const waiting = await changes.update(
      unpinned.id,
      { args: ['-y', 'thing@1', '--x'] },
      { caller: undefined },
    )
    expect(waiting).toMatchObject({ health: { state: 'needs_connection' }, pinned: pinnedThing })
    outcome.health = new Error('secret detail')
    const broken = await changes.update(unpinned.id, { env: { A: 'b' } }, { caller: undefined })
    expect(broken.health.message).not.toContain('secret')
    expect(connectors.find(broken.id)?.health).toEqual(broken.health)
  })

  test('a draft learns nothing until it is activated, and a new name does not learn again', async () => {
    const { changes, learned } = await build(await open())
    const { id } = await changes.create({ ...http, status: 'draft' }, { caller: undefined })
    expect(learned).toHaveLength(0)
    await changes.update(id, { status: 'active' }, { caller: undefined })
    await changes.update(id, { name: 'Other' }, { caller: undefined })
    expect(learned).toHaveLength(1)
    await changes.update(id, { url: 'https://example.com/other' }, { caller: undefined })
    expect(learned).toHaveLength(2)
  })

  test('another package or version is pinned anew, other arguments are not', async () => {
    const { changes, outcome } = await build(await open())
    const { id } = await changes.create(npx, { caller: undefined })
    outcome.pinned = { ...pinnedThing, version: '2.0.0', folder: 'thing@2.0.0-def' }
    expect(
      (await changes.update(id, { args: ['-y', 'thing@1', '--flag'] }, { caller: undefined })).pinned
        ?.version,
    ).toBe('1.0.0')
    expect(
      (await changes.update(id, { args: ['-y', 'thing@2'] }, { caller: undefined })).pinned?.version,
    ).toBe('2.0.0')
    expect((await changes.repin(id, pinnedThing, undefined)).pinned).toEqual(pinnedThing)
  })

  test('health is stored when it changes, reaches everybody, and is no change of the connector', async () => {
    const { changes, connectors, storage } = await build(await open())
    const { id } = await changes.create(http, { caller: undefined })
    const heard: ServerId[] = []
    connectors.onChange((changed) => heard.push(changed))
    await connectors.setHealth(id, {
      state: 'failing',
      message: 'Down.',
      checkedAt: '2026-01-02T00:00:00.000Z',
    })
    const other = await openConnectors({ db: storage.db, bus: storage.bus })
    expect(other.find(id)).toMatchObject({ health: { state: 'failing', message: 'Down.' }, revision: 1 })
    expect(heard).toEqual([])
    await changes.update(id, { name: 'New' }, { caller: undefined })
    await changes.remove(id)
    expect(heard).toEqual([id, id])
  })

  test('the list is sorted by name whatever changes, and another one after each change', async () => {
    const { changes, connectors } = await build(await open())
    for (const name of ['Beta', 'alpha', 'Gamma'])
      await changes.create({ ...http, name }, { caller: undefined })
    const names = () => connectors.list().map(({ name }) => name)
    expect(names()).toEqual(['alpha', 'Beta', 'Gamma'])
    const before = connectors.list()
    const id = before[1]?.id as ServerId
    await connectors.setHealth(id, { state: 'failing', message: 'Down.' })
    expect(connectors.list()).not.toBe(before)
    expect(connectors.list()[1]).toBe(connectors.find(id))
    expect(before[1]?.health.state).not.toBe('failing')
    await changes.update(id, { name: 'Zeta' }, { caller: undefined })
    expect(names()).toEqual(['alpha', 'Gamma', 'Zeta'])
    await changes.remove(connectors.list()[0]?.id as ServerId)
    expect(names()).toEqual(['Gamma', 'Zeta'])
  })

  test('secrets are stored sealed, shown as hidden, kept by "[hidden]" and attached in clear', async () => {
    const { changes, credentials, storage } = await build(await open())
    const headers = { 'X-Key': 'header-secret', 'X-User': 'user {USER_NAME}' }
    const made = await changes.create(
      { ...http, auth: { type: 'bearer', token: 'token-secret' }, headers },
      { caller: undefined },
    )
    expect(made.headers).toEqual({ 'X-Key': '[hidden]', 'X-User': 'user {USER_NAME}' })
    expect(await storedText(storage)).not.toMatch(/token-secret|header-secret/)
    const ann = await person(storage)
    await credentials.connect(made, ann, { USER_NAME: 'ann-secret' })
    expect(await storedText(storage)).not.toContain('ann-secret')
    const changed = await changes.update(
      made.id,
      { headers: { 'X-Key': '[hidden]' }, auth: { type: 'bearer' } },
      { caller: undefined },
    )
    expect((await credentials.attach(changed, ann)).headers).toEqual({
      'X-Key': 'header-secret',
      authorization: 'Bearer token-secret',
    })
    const rotated = await changes.update(
      made.id,
      { auth: { type: 'bearer', token: 'new' } },
      { caller: undefined },
    )
    expect((await credentials.attach(rotated, ann)).headers['authorization']).toBe('Bearer new')
    const none = await changes.update(made.id, { auth: { type: 'none' }, headers: {} }, { caller: undefined })
    expect((await credentials.attach(none, ann)).headers).toEqual({})
  })

  test('a secret kept elsewhere is shown by its reference, never stored, and kept by "[hidden]"', async () => {
    const { changes, connectors, credentials } = await build(await open())
    const ref = (path: string) => `\0vault:kv/data/${path}`
    const made = await changes.create(
      { ...http, auth: { type: 'bearer', token: ref('a#t') }, headers: { 'X-A': ref('b#{KEY}') } },
      { caller: caller() },
    )
    const expected = { 'auth.token': 'vault:kv/data/a#t', 'headers.X-A': 'vault:kv/data/b#{KEY}' }
    expect(made).toMatchObject({ secretRefs: expected, headers: { 'X-A': '[hidden]' }, personalValues: [] })
    await changes.update(made.id, { headers: { 'X-A': '[hidden]' }, name: 'B' }, { caller: caller() })
    expect(connectors.find(made.id)?.secretRefs).toEqual(expected)
    await expect(credentials.attach(made, undefined)).rejects.toMatchObject({ reason: 'secret-unavailable' })
    await changes.update(made.id, { auth: { type: 'none' }, headers: {} }, { caller: caller() })
    expect(connectors.find(made.id)?.secretRefs).toEqual({})
    const wrong = changes.create({ ...http, headers: { 'X-A': '\0nowhere:a' } }, { caller: caller() })
    await expect(wrong).rejects.toMatchObject({
      errors: [{ loc: 'body.headers.X-A', rule: 'secret-reference' }],
    })
  })

  test('a sealed secret moved to another row opens nothing', async () => {
    const { changes, credentials, storage } = await build(await open())
    const make = () => changes.create({ ...http, headers: { 'X-Key': newId() } }, { caller: undefined })
    const [a, b] = [await make(), await make()]
    await storage.pool.query(
      `UPDATE connector_secrets SET headers = (SELECT headers FROM connector_secrets WHERE server_id = $1) WHERE server_id = $2`,
      [a.id, b.id],
    )
    await storage.bus.publish('connectors', b.id)
    await expect(credentials.attach(b, undefined)).rejects.toThrow()
  })

  test('each person’s own values are filled in, and changes hold from the next call', async () => {
    const { changes, credentials, storage } = await build(await open())
    const made = await changes.create(
      { ...npx, env: { KEY: '{API_KEY}', REGION: 'eu' } },
      { caller: undefined },
    )
    const [ann, bob] = [await person(storage), await person(storage)]
    const refused = {
      reason: 'needs-connection',
      data: { missing: ['API_KEY'], url: `https://gateway.example/connectors/${made.id}` },
    }
    await expect(credentials.attach(made, ann)).rejects.toMatchObject(refused)
    expect(() => credentials.attach(made, ann)).toThrow('API_KEY')
    expect(await credentials.connection(made, ann)).toEqual({ state: 'needs_values', missing: ['API_KEY'] })
    expect(await credentials.connect(made, ann, { API_KEY: 'a {REGION}' })).toEqual({
      state: 'connected',
      missing: [],
    })
    await credentials.connect(made, bob, { API_KEY: 'b' })
    const first = await credentials.attach(made, ann)
    expect(first).toMatchObject({ owner: `user:${ann}`, env: { KEY: 'a {REGION}', REGION: 'eu' } })
    expect(credentials.attach(made, ann)).toBe(first)
    expect((await credentials.attach(made, bob)).env['KEY']).toBe('b')
    await credentials.connect(made, ann, { API_KEY: 'new' })
    const second = await credentials.attach(made, ann)
    expect(second.env['KEY']).toBe('new')
    expect(second.revision).not.toBe(first.revision)
    await credentials.disconnect(made, ann)
    await expect(credentials.attach(made, ann)).rejects.toMatchObject(refused)
    await expect(credentials.attach(made, undefined)).rejects.toMatchObject(refused)
  })

  test('values that nobody asked for or that would break a header are refused', async () => {
    const { changes, credentials, storage } = await build(await open())
    const made = await changes.create({ ...http, headers: { 'X-Key': '{API_KEY}' } }, { caller: undefined })
    const ann = await person(storage)
    for (const values of [
      { OTHER: 'x' },
      { API_KEY: '' },
      { API_KEY: 'a\r\nX-Evil: 1' },
      { API_KEY: 'a\0' },
      { API_KEY: '日本' },
    ]) {
      await expect(credentials.connect(made, ann, values as Record<string, string>)).rejects.toMatchObject({
        reason: 'invalid-field',
      })
    }
    const plain = await changes.create(http, { caller: undefined })
    expect(await credentials.connection(plain, ann)).toEqual({ state: 'not_needed', missing: [] })
  })

  test('values go with their connector and with their person', async () => {
    const { changes, credentials, storage } = await build(await open())
    const made = await changes.create({ ...http, headers: { 'X-Key': '{API_KEY}' } }, { caller: undefined })
    await credentials.connect(made, await person(storage), { API_KEY: 'x' })
    const leaving = await person(storage)
    await credentials.connect(made, leaving, { API_KEY: 'leaving' })
    await storage.pool.query('DELETE FROM people WHERE id = $1', [leaving])
    expect((await storage.pool.query('SELECT * FROM personal_values')).rowCount).toBe(1)
    await changes.remove(made.id)
    expect(await storedText(storage)).toBe('[[],[],[]]')
  })
})

describe('who may know of a connector', () => {
  const admin = caller(['it_admin'])
  const user = caller(['user'])
  const record = (changes: Partial<Connector>): Connector =>
    ({ status: 'active', createdBy: admin.id, ...changes }) as Connector
  const all = () => true
  const nothing = () => false

  test.each<[string, Caller, Connector, () => boolean, boolean]>([
    ['a person with a rule sees an active connector', user, record({}), all, true],
    ['a person without a rule does not', user, record({}), nothing, false],
    ['a person with a rule does not see a disabled one', user, record({ status: 'disabled' }), all, false],
    ['a person with a rule does not see a draft', user, record({ status: 'draft' }), all, false],
    ['its creator sees a draft', user, record({ status: 'draft', createdBy: user.id }), nothing, true],
    [
      'a security admin does not see somebody’s draft',
      caller(['security_admin']),
      record({ status: 'draft' }),
      all,
      false,
    ],
    ['another it admin sees a draft', caller(['it_admin']), record({ status: 'draft' }), nothing, true],
    [
      'a helpdesk person sees what is disabled',
      caller(['helpdesk']),
      record({ status: 'disabled' }),
      nothing,
      true,
    ],
  ])('%s', (_sentence, who, connector, mayUse, seen) => expect(isVisible(who, connector, mayUse)).toBe(seen))

  test('pages follow one another without gap or repetition', () => {
    const names = ['b', 'A', 'c', 'a', 'B']
    const records = names.map((name) => ({
      ...record({}),
      id: newId<'server'>(),
      name,
      slug: name,
      description: '',
    }))
    const sorted = records.toSorted((a, b) =>
      `${a.name.toLowerCase()}${a.id}` < `${b.name.toLowerCase()}${b.id}` ? -1 : 1,
    )
    const sources = { connectors: { list: () => sorted } as unknown as Pick<Connectors, 'list'>, mayUse: all }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = listConnectors(sources, user, { limit: 2, cursor })
      seen.push(...page.records.map(({ id }) => id))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(sorted.map(({ id }) => id))
    expect(() => listConnectors(sources, user, { limit: 2, cursor: 'zzz' })).toThrow(GatewayError)
    expect(() => listConnectors(sources, user, { limit: 2, scope: 'all' })).toThrow('scope=accessible')
    expect(listConnectors(sources, user, { limit: 9, query: ' C ' }).records.map(({ name }) => name)).toEqual(
      ['c'],
    )
  })
})
