import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  inspector,
  mcpPath,
  type RealClient,
  realLegacy,
  realModern,
  serverPath,
  stdioClient,
  textOf,
} from '../support/real-clients.ts'
import { installReal, startOnPort, whyNoRegistry } from '../support/real-packages.ts'
import { type RunningServer, startServer } from '../support/server.ts'

type Listed<T> = { data: T[] }
type Server = { id: string; name: string; demo: boolean; health: string; health_message: string | null }
type Row = Record<string, unknown> & { action: string; actor: { email?: string } }
type Found = { results: { name: string; connector: string }[] }

const reason = await whyNoRegistry('the demo with real clients')
const question = { meta: 'The test asks', query: 'read a text file' }

/** One tool of each demo server, and how its answer shows that it ran. */
const samples: Record<string, { tool: string; args: Record<string, unknown>; says: string }> = {
  Everything: { tool: 'echo', args: { message: 'hello there' }, says: 'hello there' },
  Filesystem: { tool: 'read_text_file', args: { path: 'README.txt' }, says: 'Welcome to the sample folder' },
  Memory: { tool: 'read_graph', args: {}, says: 'entities' },
}

describe.skipIf(reason !== undefined)(
  `the demo${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    let server: RunningServer
    let servers: Server[]
    let tools: string
    let readyBeforeDemo: boolean

    beforeAll(async () => {
      ;[server, tools] = await Promise.all([
        startServer({ args: ['--demo'] }).then((started) => {
          readyBeforeDemo = !started.output().includes('The demo is')
          return started
        }),
        installReal(
          '@modelcontextprotocol/inspector@2.12.0',
          'mcp-remote@0.15.1',
          'mcp-proxy@6.7.19',
          'supergateway@4.0.0',
        ),
      ])
      readyBeforeDemo = !server.output().includes('The demo is')
      await until(() => server.output().includes('The demo is'))
      servers = (await server.api<Listed<Server>>('GET', '/api/v1/servers')).data
    }, 300_000)
    afterAll(() => server?.remove())

    /** mcp-remote waits for others that use the same folder for the same server. */
    const ownFolder = (name: string) => ({ MCP_REMOTE_CONFIG_DIR: join(server.dataDir, name) })
    const idOf = (name: string) => servers.find((each) => each.name === name)?.id ?? ''
    /** Each path a client may use, with a tool to call there. */
    const checkEverywhere = async (open: (path: string) => Promise<RealClient>) => {
      const plugin = await open(mcpPath)
      expect(await plugin.tools()).toEqual(expect.arrayContaining(['search_tools', 'execute_tool']))
      const found = JSON.parse(textOf(await plugin.call('search_tools', question))) as Found
      expect(found.results[0]).toMatchObject({ name: 'filesystem_read_text_file', connector: 'Filesystem' })
      const read = await plugin.call('execute_tool', {
        meta: 'The test reads',
        tool_name: 'filesystem_read_text_file',
        arguments: { path: 'README.txt' },
      })
      expect(textOf(read)).toContain('Welcome to the sample folder')
      await plugin.close()
      for (const [name, { tool, args, says }] of Object.entries(samples)) {
        const client = await open(serverPath(idOf(name)))
        expect(await client.tools(), name).toContain(tool)
        expect(textOf(await client.call(tool, args)), name).toContain(says)
        await client.close()
      }
    }

    test('the server is ready before the demo, which then says that it is there', () => {
      expect(readyBeforeDemo).toBe(true)
      expect(server.output()).toContain('The demo is ready: Everything, Filesystem, Memory.')
      expect(servers.map(({ name, demo, health }) => ({ name, demo, health }))).toEqual(
        Object.keys(samples).map((name) => ({ name, demo: true, health: 'ok' })),
      )
    })

    test('every page has something to show: people, groups, rules and a week of activity', async () => {
      const [people, groups, rules, audit] = await Promise.all([
        server.api<Listed<{ demo: boolean }>>('GET', '/api/v1/users'),
        server.api<Listed<{ name: string; member_ids: string[] }>>('GET', '/api/v1/groups'),
        server.api<Listed<{ effect: string; demo: boolean; conditions: object[] }>>(
          'GET',
          '/api/v1/policies',
        ),
        server.api<Listed<{ demo?: true; outcome: string; time: string }>>(
          'GET',
          '/api/v1/audit-logs?limit=200',
        ),
      ])
      expect(people.data.filter(({ demo }) => demo).length).toBeGreaterThanOrEqual(5)
      expect(groups.data.map(({ name }) => name)).toEqual(['Engineering', 'Finance', 'Support'])
      expect(groups.data.every(({ member_ids }) => member_ids.length > 0)).toBe(true)
      const made = rules.data.filter(({ demo }) => demo)
      expect(new Set(made.map(({ effect }) => effect))).toEqual(new Set(['allow', 'deny']))
      expect(made.some(({ conditions }) => conditions.length > 0)).toBe(true)
      const activity = audit.data.filter(({ demo }) => demo)
      expect(activity.length).toBeGreaterThan(150)
      expect(new Set(activity.map(({ outcome }) => outcome))).toEqual(
        new Set(['success', 'failure', 'denied']),
      )
      expect(activity.every(({ time }) => Date.parse(time) < Date.now())).toBe(true)
    })

    test('its rules decide: an engineer writes drafts only, somebody of Finance only reads', async () => {
      const people = await server.api<Listed<{ id: string; email: string }>>('GET', '/api/v1/users')
      const open = async (email: string) => {
        const body = { name: 'test', user_id: people.data.find((person) => person.email === email)?.id }
        const { secret } = await server.api<{ secret: string }>('POST', '/api/v1/api-keys', body)
        return realModern(server, mcpPath, secret)
      }
      const run = (client: RealClient, tool: string, args: object) =>
        client.call('execute_tool', { meta: 'The test writes', tool_name: tool, arguments: args })
      const engineer = await open('amina@demo.example')
      const draft = { path: 'drafts/new.txt', content: 'By an engineer' }
      expect((await run(engineer, 'filesystem_write_file', draft)).isError).not.toBe(true)
      expect(readFileSync(join(server.dataDir, 'files/demo/documents/drafts/new.txt'), 'utf8')).toBe(
        draft.content,
      )
      const elsewhere = await run(engineer, 'filesystem_write_file', { ...draft, path: 'README.txt' })
      expect(elsewhere.isError).toBe(true)
      const entities = [{ name: 'Test', entityType: 'check', observations: ['it was written'] }]
      expect((await run(engineer, 'memory_create_entities', { entities })).isError).not.toBe(true)
      expect(readFileSync(join(server.dataDir, 'files/demo/memory/memory.jsonl'), 'utf8')).toContain(
        'it was written',
      )
      const finance = await open('lucia@demo.example')
      expect((await run(finance, 'filesystem_read_text_file', { path: 'budget.csv' })).isError).not.toBe(true)
      const unseen = await run(finance, 'filesystem_write_file', draft)
      expect(unseen.structuredContent).toMatchObject({ error: 'unknown_tool' })
      await Promise.all([engineer.close(), finance.close()])
    })

    test('the official client 1.x lists and calls everywhere', () =>
      checkEverywhere((path) => realLegacy(server, path)))

    test('the official client 2.x lists and calls everywhere', () =>
      checkEverywhere((path) => realModern(server, path)))

    test(
      'the inspector lists and calls everywhere',
      () => checkEverywhere(async (path) => inspector(tools, server, path)),
      120_000,
    )

    test('mcp-proxy in front of mcp-remote carries clients of both eras to /mcp', async () => {
      const proxy = await startOnPort(
        join(tools, 'node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs'),
        (port) => [
          ...['--host', '127.0.0.1', '--port', String(port), '--', process.execPath],
          ...[join(tools, 'node_modules/mcp-remote/dist/proxy.js'), new URL(mcpPath, server.url).href],
          ...['--header', `x-runlayer-api-key:${server.adminKey}`],
        ],
      )
      try {
        const there = { ...server, url: new URL(`http://127.0.0.1:${proxy.port}`) }
        for (const open of [realLegacy, realModern]) {
          const client = await open(there, '/mcp')
          expect(await client.tools()).toContain('search_tools')
          expect(textOf(await client.call('search_tools', question))).toContain('filesystem_read_text_file')
          await client.close()
        }
      } finally {
        await proxy.stop()
      }
    })

    test('mcp-remote and supergateway carry a stdio client to /mcp', async () => {
      const url = new URL(mcpPath, server.url).href
      const remote = await stdioClient(
        join(tools, 'node_modules/mcp-remote/dist/proxy.js'),
        [url, '--header', `x-runlayer-api-key:${server.adminKey}`],
        ownFolder('alone'),
      )
      const gateway = await stdioClient(join(tools, 'node_modules/supergateway/dist/index.js'), [
        '--streamableHttp',
        url,
        '--header',
        `x-runlayer-api-key: ${server.adminKey}`,
        '--logLevel',
        'none',
      ])
      for (const client of [remote, gateway]) {
        expect(await client.tools()).toContain('search_tools')
        expect(textOf(await client.call('search_tools', question))).toContain('filesystem_read_text_file')
        await client.close()
      }
    })

    test('audit shows the search and the executed tool with actor, client, duration and outcome', async () => {
      const me = await server.api<{ id: string }>('GET', '/api/v1/users/me')
      const { data } = await server.api<Listed<Row>>(
        'GET',
        `/api/v1/audit-logs?client_name=sdk-2-client&actor_id=${me.id}&limit=50`,
      )
      const common = {
        outcome: 'success',
        actor: expect.objectContaining({ type: 'user', email: 'admin@example.com' }),
        client_name: 'sdk-2-client',
        client_version: '2.0.0',
        duration_ms: expect.any(Number),
      }
      const executed = data.filter(({ action, via }) => action === 'tool_call_success' && via === 'runlayer')
      expect(executed).toEqual([
        expect.objectContaining({
          ...common,
          tool: 'read_text_file',
          server_id: idOf('Filesystem'),
          meta: 'The test reads',
        }),
      ])
      const searched = data.filter(({ action }) => action === 'tool_searched')
      expect(searched).toEqual([expect.objectContaining(common)])
      const detail = await server.api<Row>('GET', `/api/v1/audit-logs/${searched[0]?.['id']}`)
      expect(JSON.stringify(detail)).toContain('filesystem_read_text_file')
      expect(JSON.stringify(detail)).toContain(question.query)
    })

    test('it is added once, and removed whole', async () => {
      await server.api('DELETE', '/api/v1/system/demo')
      const count = async (path: string) => (await server.api<Listed<{ demo?: boolean }>>('GET', path)).data
      for (const path of ['servers', 'users', 'groups', 'policies', 'audit-logs?limit=200']) {
        expect(
          (await count(`/api/v1/${path}`)).filter(({ demo }) => demo),
          path,
        ).toEqual([])
      }
      expect(existsSync(join(server.dataDir, 'files/demo'))).toBe(false)
      // What was really done stays recorded.
      const kept = await server.api<Listed<Row>>('GET', '/api/v1/audit-logs?action=demo_removed')
      expect(kept.data).toHaveLength(1)
    })
  },
)

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 240_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
