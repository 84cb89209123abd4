import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectorOf } from '../../../test/support/connector-of.ts'
import {
  openTestStorage,
  postgresMissing,
  quietLog,
  type StoreKind,
  type TestStorage,
} from '../../../test/support/stores.ts'
import type { UpstreamReply } from '../kernel/call.ts'
import type { Connector, Health } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type ServerId, type UserId } from '../kernel/ids.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { UpstreamRequest, Upstreams } from '../kernel/upstream.ts'
import { membersOf, stringOf } from '../lib/raw-json.ts'
import type { Storage } from '../storage/storage.ts'
import { toolRoutes } from './api.ts'
import { openTools, type Tools } from './tools.ts'

const credential = { owner: 'shared', revision: '1', headers: {}, env: {}, args: [] }

const connector = (overrides: Partial<Connector> = {}) =>
  connectorOf({
    name: 'Files',
    slug: uniqueSlug(),
    url: 'http://127.0.0.1:1/mcp',
    toolReview: 'quarantine',
    ...overrides,
  })

/** An upstream in memory: `pages` are raw result objects by cursor, or an error to throw. */
class Upstream {
  pages = new Map<string, string | GatewayError | UpstreamReply>()
  asked: UpstreamRequest[] = []
  gate: Promise<void> | undefined
  announces = false
  notify: ((method: string) => void) | undefined

  tools(...definitions: (JsonObject | string)[]): void {
    const texts = definitions.map((definition) =>
      typeof definition === 'string' ? definition : JSON.stringify(definition),
    )
    this.pages = new Map([['', `{"tools":[${texts.join(',')}]}`]])
  }

  asUpstreams(): Upstreams {
    return {
      call: async (request) => {
        this.asked.push(request)
        await this.gate
        const page = this.pages.get(stringOf(request.params.get('cursor')) ?? '') ?? '{"tools":[]}'
        if (page instanceof GatewayError) throw page
        if (typeof page !== 'string') return page
        return { kind: 'result', era: 'modern', text: page, members: membersOf(page) }
      },
      facts: async () => ({
        era: 'modern',
        protocolVersion: '2026-07-28',
        capabilities: this.announces ? { tools: { listChanged: true } } : {},
        serverInfo: {},
        instructions: undefined,
      }),
      watch: async (request) => {
        this.notify = (method) => request.onNotification(method, new Map())
        return {
          close: () => {
            this.notify = undefined
          },
        }
      },
      endSession: () => undefined,
      forget: () => undefined,
      drain: async () => undefined,
    }
  }
}

type Bench = {
  tools: Tools
  upstream: Upstream
  health: Map<ServerId, Health>
  connectors: Connector[]
  change(id: ServerId): void
  clock: { now: number }
}

async function bench(
  storage: Storage,
  connectors: Connector[],
  options: { refreshMs?: number; needsConnection?: boolean } = {},
): Promise<Bench> {
  const upstream = new Upstream()
  const health = new Map<ServerId, Health>()
  const listeners = new Set<(id: ServerId) => void>()
  const clock = { now: Date.parse('2026-05-01T00:00:00Z') }
  const tools = await openTools({
    db: storage.db,
    bus: storage.bus,
    connectors: {
      find: (id) => connectors.find((each) => each.id === id),
      list: () => connectors,
      setHealth: async (id, state) => void health.set(id, state),
      onChange: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    upstreams: upstream.asUpstreams(),
    attach: (_, userId) => {
      if (options.needsConnection === true && userId === undefined)
        throw new GatewayError('needs-connection', 'Somebody must connect first.')
      return credential
    },
    limits: { listPages: 10, upstreamBytes: 1_000_000, callIdleMs: 1_000 },
    now: () => clock.now,
    log: quietLog,
    ...(options.refreshMs === undefined ? {} : { refreshMs: options.refreshMs }),
  })
  return {
    tools,
    upstream,
    health,
    connectors,
    clock,
    change: (id) => {
      for (const listener of listeners) listener(id)
    },
  }
}

const read = {
  name: 'read_text_file',
  description: 'Read a text file',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}
const write = { name: 'write_file', description: 'Write a file', inputSchema: { type: 'object' } }

let slugs = 0
const uniqueSlug = () => `s${++slugs}`

/** One database per kind of store: tests differ by connector, and opening an embedded one takes seconds. */
function suite(kind: StoreKind): void {
  let opened: TestStorage
  beforeAll(async () => {
    opened = await openTestStorage(kind)
  })
  afterAll(() => opened.dispose())
  const open = async () => opened.storage

  test('learned tools are served with the definition text exactly as the upstream sent it', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    const text =
      '{"name":"big", "description":"d","inputSchema":{"type":"object","properties":{"n":{"maximum":12345678901234567890}}},"x-own":1.50}'
    upstream.tools(text)
    const report = await tools.learn(files)
    expect(report).toMatchObject({ health: 'ok', active: 1, quarantined: 0, changed: true })
    expect(tools.find(files.id, 'big')?.definition).toBe(text)
    expect(tools.byPublicName(`${files.slug}_big`)?.name).toBe('big')
    tools.close()
  })

  test('a second process sees what the first one learned, and what was stored before', async () => {
    const storage = await open()
    const files = connector()
    const first = await bench(storage, [files])
    const second = await bench(storage, [files])
    first.upstream.tools(read)
    await first.tools.learn(files)
    await expect.poll(() => second.tools.of(files.id).length).toBe(1)
    const third = await bench(storage, [files])
    expect(third.tools.of(files.id).map((tool) => tool.name)).toEqual(['read_text_file'])
    for (const each of [first, second, third]) each.tools.close()
  })

  test('a changed schema hides the tool until exactly that definition is approved', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    const user = newId<'user'>()
    upstream.tools(read)
    await tools.learn(files)
    const changed = { ...read, inputSchema: { ...read.inputSchema, required: [] } }
    upstream.tools(changed)
    expect(await tools.learn(files)).toMatchObject({ active: 0, quarantined: 1 })
    expect(tools.find(files.id, read.name)).toBeUndefined()
    expect(tools.byPublicName(`${files.slug}_read_text_file`)).toBeUndefined()
    const [waiting] = (await tools.forReview(files.id)).tools
    expect(waiting?.offered?.changes).toEqual([{ field: 'inputSchema.required.0', before: 'path' }])
    const stale = waiting?.approvedHash ?? ''
    await expect(
      tools.review(files.id, { name: read.name, hash: stale, approve: true, userId: user }),
    ).rejects.toMatchObject({ reason: 'conflict' })
    await expect(
      tools.review(files.id, { name: 'none', hash: stale, approve: true, userId: user }),
    ).rejects.toMatchObject({ reason: 'not-found' })
    await tools.review(files.id, {
      name: read.name,
      hash: waiting?.offeredHash ?? '',
      approve: true,
      userId: user,
    })
    expect(tools.find(files.id, read.name)?.inputSchema).toEqual(changed.inputSchema)
    tools.close()
  })

  test('a rejected definition stays hidden however often it is offered, and the approved one comes back by itself', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    upstream.tools(read)
    await tools.learn(files)
    upstream.tools({ ...read, annotations: { destructiveHint: false } })
    await tools.learn(files)
    const [waiting] = (await tools.forReview(files.id)).tools
    await tools.review(files.id, {
      name: read.name,
      hash: waiting?.offeredHash ?? '',
      approve: false,
      userId: newId<'user'>(),
    })
    await tools.learn(files)
    expect(tools.of(files.id)).toEqual([])
    expect(await tools.listDefinitions(files, credential)).toHaveLength(1)
    upstream.tools(read)
    await tools.learn(files)
    expect(tools.of(files.id)).toHaveLength(1)
    tools.close()
  })

  test('new wording is accepted with its difference kept', async () => {
    const files = connector()
    const { tools, upstream, clock } = await bench(await open(), [files])
    upstream.tools(read)
    await tools.learn(files)
    clock.now += 1_000
    upstream.tools({ ...read, description: 'Read a text file, fast' })
    expect(await tools.learn(files)).toMatchObject({ active: 1, quarantined: 0, changed: true })
    expect(tools.find(files.id, read.name)?.description).toBe('Read a text file, fast')
    const [newest] = await tools.history(files.id, read.name)
    expect(newest?.changes ?? []).toContainEqual({
      field: 'description',
      before: 'Read a text file',
      after: 'Read a text file, fast',
    })
    tools.close()
  })

  test('hidden characters wait for a person from the first list on, and are written out for them', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    upstream.tools({ ...read, description: 'Read\u200b a file' }, write)
    expect(await tools.learn(files)).toMatchObject({ active: 1, quarantined: 1 })
    expect(tools.of(files.id).map((tool) => tool.name)).toEqual(['write_file'])
    expect((await tools.forReview(files.id)).tools[0]?.note).toBe('hidden characters: invisible')
    tools.close()
  })

  test('a connector set to alert shows changes but notes them, and one set to off does not care', async () => {
    const alert = connector({ toolReview: 'alert' })
    const off = connector({ toolReview: 'off' })
    const { tools, upstream } = await bench(await open(), [alert, off])
    for (const each of [alert, off]) {
      upstream.tools(read)
      await tools.learn(each)
      upstream.tools({ ...read, inputSchema: { type: 'object' } })
      expect(await tools.learn(each)).toMatchObject({ active: 1, quarantined: 0 })
    }
    expect((await tools.forReview(alert.id)).tools[0]?.note).toBe('the name, schema or annotations changed')
    expect((await tools.forReview(off.id)).tools[0]?.note).toBeNull()
    tools.close()
  })

  test('a tool that is no longer listed is gone, and keeps its public name for its return', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    upstream.tools(read, write)
    await tools.learn(files)
    upstream.tools(write)
    await tools.learn(files)
    expect(tools.of(files.id).map((tool) => tool.name)).toEqual(['write_file'])
    expect((await tools.forReview(files.id)).tools.map((tool) => tool.state)).toEqual(['gone', 'active'])
    upstream.tools(read, write)
    await tools.learn(files)
    expect(tools.byPublicName(`${files.slug}_read_text_file`)?.serverId).toBe(files.id)
    tools.close()
  })

  test('two connectors with colliding names get two public names', async () => {
    const slug = uniqueSlug()
    const one = connector({ slug })
    const two = connector({ slug: `${slug}_b` })
    const { tools, upstream } = await bench(await open(), [one, two])
    upstream.tools({ ...write, name: 'b_c' })
    await tools.learn(one)
    upstream.tools({ ...write, name: 'c' })
    await tools.learn(two)
    expect(tools.find(one.id, 'b_c')?.publicName).toBe(`${slug}_b_c`)
    expect(tools.find(two.id, 'c')?.publicName).toMatch(new RegExp(`^${slug}_b_c_[0-9a-f]{8}$`))
    tools.close()
  })

  test('unusable definitions are dropped with a reason and the rest is learned', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    const mirrored = {
      name: 'm',
      inputSchema: { type: 'object', properties: { r: { type: 'number', 'x-mcp-header': 'R' } } },
    }
    upstream.tools(
      { inputSchema: {} },
      { name: 'no_schema' },
      { name: 'list_schema', inputSchema: [] as unknown as JsonObject },
      mirrored,
      '{"name":"a","name":"b","inputSchema":{}}',
      write,
      write,
    )
    const { dropped, active } = await tools.learn(files)
    expect(active).toBe(1)
    expect(dropped.map((each) => each.reason)).toEqual([
      'the name is missing',
      'inputSchema is not an object',
      'inputSchema is not an object',
      'x-mcp-header of the parameter r needs the type string, integer or boolean',
      expect.stringContaining('ambiguous'),
      'the name is listed twice',
    ])
    expect((await tools.forReview(files.id)).list?.dropped).toEqual(dropped)
    tools.close()
  })

  test('header rules do not bind a stdio server', async () => {
    const local = connector({ transport: 'stdio' })
    const { tools, upstream } = await bench(await open(), [local])
    upstream.tools({
      name: 'm',
      inputSchema: { type: 'object', properties: { r: { type: 'number', 'x-mcp-header': 'R' } } },
    })
    expect(await tools.learn(local)).toMatchObject({ active: 1, dropped: [] })
    tools.close()
  })

  test('trouble of the upstream becomes a report and the learned tools stay', async () => {
    const files = connector()
    const { tools, upstream, health } = await bench(await open(), [files])
    upstream.tools(read)
    await tools.learn(files)
    upstream.pages = new Map([['', new GatewayError('upstream-timeout', 'Files did not answer in time.')]])
    expect(await tools.relearn(files)).toMatchObject({
      health: 'failing',
      message: 'Files did not answer in time.',
    })
    expect(health.get(files.id)).toMatchObject({ state: 'failing', message: 'Files did not answer in time.' })
    expect(tools.of(files.id)).toHaveLength(1)
    tools.close()
  })

  test('a second page that fails leaves the first one unlearned', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    upstream.pages = new Map<string, string | GatewayError>([
      ['', `{"tools":[${JSON.stringify(read)}],"nextCursor":"2"}`],
      ['2', new GatewayError('upstream-failed', 'broken')],
    ])
    expect(await tools.learn(files)).toMatchObject({ health: 'failing' })
    expect(tools.of(files.id)).toEqual([])
    tools.close()
  })

  test('pages are followed, and a circle of cursors or too many pages is refused', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    upstream.pages = new Map([
      ['', `{"tools":[${JSON.stringify(read)}],"nextCursor":"2"}`],
      ['2', `{"tools":[${JSON.stringify(write)}]}`],
    ])
    expect(await tools.learn(files)).toMatchObject({ active: 2 })
    upstream.pages = new Map([
      ['', '{"tools":[],"nextCursor":"x"}'],
      ['x', '{"tools":[],"nextCursor":"x"}'],
    ])
    expect((await tools.learn(files)).message).toContain('circle')
    upstream.pages = new Map([
      ['', '{"tools":[],"nextCursor":"0"}'],
      ...Array.from(
        { length: 20 },
        (_, at) => [String(at), `{"tools":[],"nextCursor":"${at + 1}"}`] as const,
      ),
    ])
    expect((await tools.learn(files)).message).toContain('more than 10 pages')
    expect(tools.of(files.id)).toHaveLength(2)
    tools.close()
  })

  test('an upstream without the tools capability has no tools and is healthy', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    upstream.pages = new Map([
      ['', { kind: 'error', era: 'modern', code: -32601, message: 'no such method', data: undefined }],
    ])
    expect(await tools.learn(files)).toMatchObject({ health: 'ok', active: 0 })
    upstream.announces = true
    expect(await tools.learn(files)).toMatchObject({ health: 'failing' })
    tools.close()
  })

  test('a connector that needs somebody’s own values says so, and later refreshes use the credential that worked', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files], { needsConnection: true })
    upstream.tools(read)
    expect(await tools.relearn(files)).toMatchObject({
      health: 'needs_connection',
      message: 'Somebody must connect first.',
    })
    const user: UserId = newId<'user'>()
    expect(await tools.learn(files, user)).toMatchObject({ health: 'ok' })
    expect(await tools.relearn(files)).toMatchObject({ health: 'ok' })
    tools.close()
  })

  test('asking twice at the same time asks the upstream once, and a changed connector is asked again', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    upstream.tools(read)
    let release = () => {}
    upstream.gate = new Promise((resolve) => {
      release = resolve
    })
    const both = [tools.learn(files), tools.learn(files), tools.learn({ ...files, revision: 2 })]
    await expect.poll(() => upstream.asked.length).toBe(1)
    release()
    await Promise.all(both)
    expect(upstream.asked.length).toBe(2)
    tools.close()
  })

  test('tools of a deleted connector are forgotten', async () => {
    const files = connector()
    const { tools, upstream, connectors, change } = await bench(await open(), [files])
    upstream.tools(read)
    await tools.learn(files)
    connectors.pop()
    change(files.id)
    await expect.poll(() => tools.of(files.id).length).toBe(0)
    expect((await tools.forReview(files.id)).tools).toEqual([])
    tools.close()
  })

  test('a list change that the upstream announces is learned by itself', async () => {
    const files = connector()
    const { tools, upstream, clock } = await bench(await open(), [files], { refreshMs: 3_000 })
    upstream.announces = true
    upstream.tools(read)
    await tools.learn(files)
    clock.now += 60_000
    await expect.poll(() => upstream.notify !== undefined, { timeout: 8_000 }).toBe(true)
    upstream.tools(read, write)
    upstream.notify?.('notifications/resources/list_changed')
    upstream.notify?.('notifications/tools/list_changed')
    await expect.poll(() => tools.of(files.id).length, { timeout: 5_000 }).toBe(2)
    tools.close()
    expect(upstream.notify).toBeUndefined()
  })

  test('the timer learns again without being asked', async () => {
    const files = connector()
    const { tools, upstream, clock } = await bench(await open(), [files], { refreshMs: 20 })
    upstream.tools(read)
    clock.now += 60
    await expect.poll(() => tools.of(files.id).length, { timeout: 5_000 }).toBe(1)
    tools.close()
  })

  test('REST shows reviewers every tool and other people only what they may use', async () => {
    const files = connector()
    const { tools, upstream } = await bench(await open(), [files])
    upstream.tools(read, write, { ...write, name: 'odd', description: 'x\u202ey' })
    await tools.learn(files)
    const parts = {
      tools,
      connectors: { find: (id: ServerId) => (id === files.id ? files : undefined) },
      knows: () => true,
      visible: (_: unknown, tool: { name: string }) => tool.name !== 'write_file',
    }
    const run = (operationId: string, roles: string[], input: object) => {
      const found = toolRoutes(parts).find((each) => each.operationId === operationId)
      const context = { caller: { id: newId<'user'>(), roles }, record: () => undefined }
      return found?.run(context as never, input as never) as Promise<
        Record<string, unknown> & { data: { name: string }[] }
      >
    }
    const list = (roles: string[], query: object = {}) =>
      run('listServerTools', roles, { params: { id: files.id }, query: { limit: 1_000, ...query } })
    expect((await list(['user'])).data.map((tool) => tool.name)).toEqual(['read_text_file'])
    const seen = await list(['security_admin'])
    expect(seen.data.map((tool) => tool.name)).toEqual(['odd', 'read_text_file', 'write_file'])
    expect(seen.data[0]).toMatchObject({
      state: 'quarantined',
      description: 'x<U+202E>y',
      scan: { state: 'flagged' },
      approved_hash: null,
    })
    const first = await list(['security_admin'], { limit: 2 })
    const rest = await list(['security_admin'], { limit: 2, cursor: first['next_cursor'] })
    expect(rest.data.map((tool) => tool.name)).toEqual(['write_file'])
    const hash = (seen.data[0] as unknown as { definition_hash: string }).definition_hash
    const body = { name: 'odd', hash, decision: 'approve' }
    expect(
      await run('reviewServerTool', ['security_admin'], { params: { id: files.id }, body }),
    ).toMatchObject({ state: 'active', approved_hash: hash })
    expect(tools.find(files.id, 'odd')).toBeDefined()
    expect(await run('refreshServer', ['it_admin'], { params: { id: files.id } })).toMatchObject({
      health: 'ok',
      active: 3,
      changed: false,
    })
    await expect(
      run('listServerTools', ['user'], { params: { id: newId<'server'>() }, query: { limit: 1 } }),
    ).rejects.toMatchObject({ reason: 'not-found' })
    tools.close()
  })

  test('versions are bounded, and the approved and offered ones are always kept', async () => {
    const files = connector()
    const { tools, upstream, clock } = await bench(await open(), [files])
    upstream.tools(read)
    await tools.learn(files)
    for (let at = 0; at < 25; at++) {
      clock.now += 1_000
      upstream.tools({ ...read, inputSchema: { type: 'object', title: `v${at}` } })
      await tools.learn(files)
    }
    const history = await tools.history(files.id, read.name)
    expect(history.length).toBe(21)
    upstream.tools(read)
    expect(await tools.learn(files)).toMatchObject({ active: 1 })
    tools.close()
  })
}

describe('embedded', () => suite('embedded'))
describe.skipIf(postgresMissing() !== undefined)(`postgres ${postgresMissing() ?? ''}`.trim(), () =>
  suite('postgres'),
)
