import { join } from 'node:path'
import type { Client as ModernClient } from '@modelcontextprotocol/client'
import type { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  legacyClient,
  modernClient,
  realLegacy,
  realModern,
  serverPath,
  textOf,
} from '../support/real-clients.ts'
import { type Background, installReal, isLong, startOnPort, whyNoRegistry } from '../support/real-packages.ts'
import { type RunningServer, startServer } from '../support/server.ts'

type Server = { id: string; health: string; health_message: string | null }

const reason = await whyNoRegistry('real upstream servers behind connectors')
const elicited = { action: 'accept' as const, content: { name: 'Ann Example', check: true } }
const sampled = {
  model: 'none',
  role: 'assistant' as const,
  content: { type: 'text' as const, text: 'Sampled!' },
}
const capabilities = { elicitation: {}, sampling: {} }

describe.skipIf(reason !== undefined)(
  `real servers behind connectors${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    let server: RunningServer
    let folder: string
    const running: Background[] = []
    const script = (name: string, file: string) => join(folder, 'node_modules', name, file)
    const everythingScript = () => script('@modelcontextprotocol/server-everything', 'dist/index.js')

    beforeAll(async () => {
      const installing = installReal(
        '@modelcontextprotocol/server-everything@2026.8.31',
        '@modelcontextprotocol/server-sequential-thinking@2026.8.31',
        '@upstash/context7-mcp@4.1.1',
        'mcp-proxy@6.7.19',
        'supergateway@4.0.0',
      )
      const starting = startServer({ env: { RUNLAYER_STDIO_COMMANDS: `npx,${process.execPath}` } })
      ;[folder, server] = await Promise.all([installing, starting])
    }, 300_000)
    afterAll(async () => {
      await Promise.all(running.map((one) => one.stop()))
      await server?.remove()
    })

    async function listenAt(...start: Parameters<typeof startOnPort>): Promise<number> {
      const started = await startOnPort(...start)
      running.push(started)
      return started.port
    }

    /** A working connector, or the reason why it is not one. */
    async function connect(name: string, settings: object): Promise<string> {
      const made = await server.api<Server>('POST', '/api/v1/servers', {
        name,
        status: 'active',
        auth: { type: 'none' },
        ...settings,
      })
      expect(made, name).toMatchObject({ health: 'ok', health_message: null })
      return serverPath(made.id)
    }

    /** A hosted server run from the installed packages, which are mounted read-only. */
    const connectInstalled = (name: string, file: string) =>
      connect(name, {
        transport: 'stdio',
        command: process.execPath,
        args: [file],
        mounts: [{ path: folder, mode: 'ro' }],
      })

    const everything: Record<string, () => Promise<string>> = {
      stdio: () => connectInstalled('Everything', everythingScript()),
      streamable_http: async () => {
        const port = await listenAt(everythingScript(), () => ['streamableHttp'])
        return connect('Everything over HTTP', {
          transport: 'streamable_http',
          url: `http://127.0.0.1:${port}/mcp`,
        })
      },
      sse: async () => {
        const port = await listenAt(everythingScript(), () => ['sse'])
        return connect('Everything over SSE', { transport: 'sse', url: `http://127.0.0.1:${port}/sse` })
      },
    }

    describe.each(Object.keys(everything))('server-everything over %s', (transport) => {
      let path: string
      beforeAll(async () => {
        path = (await everything[transport]?.()) ?? ''
      })

      test('a 1.x client uses tools, prompts, resources and completion', async () => {
        const client = await legacyClient(server, path)
        await useEveryFeature(client)
        await client.close()
      })

      test('a 2.x client uses tools, prompts, resources and completion', async () => {
        const client = await modernClient(server, path)
        await useEveryFeature(client)
        await client.close()
      })

      test('a 1.x client is asked, is told of progress, log messages and changed resources', async () => {
        const client = await legacyClient(server, path, { capabilities })
        client.setRequestHandler(ElicitRequestSchema, () => elicited)
        client.setRequestHandler(CreateMessageRequestSchema, () => sampled)
        const logged = new Promise((resolve) =>
          client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) =>
            resolve(params.data),
          ),
        )
        const updated = new Promise((resolve) =>
          client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
            resolve(params.uri),
          ),
        )
        await isAsked((name, args) => client.callTool({ name, arguments: args }))
        await client.setLoggingLevel('debug')
        const progress: number[] = []
        const worked = await client.callTool(work, undefined, {
          onprogress: (step) => progress.push(step.progress),
        })
        expect(textOf(worked as Answer)).toContain('completed')
        expect(progress).toEqual([1, 2])
        await client.callTool({ name: 'toggle-simulated-logging', arguments: {} })
        expect(await logged).toContain('message')
        await client.subscribeResource({ uri: resource })
        await client.callTool({ name: 'toggle-subscriber-updates', arguments: {} })
        expect(await updated).toBe(resource)
        await client.close()
      })

      test('a 2.x client is asked in rounds, and is told of progress', async () => {
        const client = await modernClient(server, path, { capabilities })
        client.setRequestHandler('elicitation/create', () => elicited)
        client.setRequestHandler('sampling/createMessage', () => sampled)
        await isAsked((name, args) => client.callTool({ name, arguments: args }))
        const progress: number[] = []
        const worked = await client.callTool(work, { onprogress: (step) => progress.push(step.progress) })
        expect(textOf(worked as Answer)).toContain('completed')
        expect(progress).toEqual([1, 2])
        await client.close()
      })
    })

    test('server-sequential-thinking keeps its thoughts between the calls of one client', async () => {
      const path = await connectInstalled(
        'Sequential Thinking',
        script('@modelcontextprotocol/server-sequential-thinking', 'dist/index.js'),
      )
      for (const open of [realLegacy, realModern]) {
        const client = await open(server, path)
        expect(await client.tools()).toEqual(['sequentialthinking'])
        const thought = { thought: 'It works', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 }
        expect(textOf(await client.call('sequentialthinking', thought))).toContain('thoughtHistoryLength')
        await client.close()
      }
    })

    test("Context7's server is listed", async () => {
      const path = await connectInstalled('Context7', script('@upstash/context7-mcp', 'dist/index.js'))
      for (const open of [realLegacy, realModern]) {
        const client = await open(server, path)
        expect(await client.tools()).toContain('resolve-library-id')
        await client.close()
      }
    })

    test('supergateway and mcp-proxy stand in front of a stdio server', async () => {
      const command = `${process.execPath} ${everythingScript()}`
      const supergateway = await listenAt(script('supergateway', 'dist/index.js'), (port) => [
        ...['--stdio', command, '--outputTransport', 'streamableHttp', '--stateful'],
        ...['--port', String(port), '--logLevel', 'none'],
      ])
      const proxy = await listenAt(script('mcp-proxy', 'dist/bin/mcp-proxy.mjs'), (port) => [
        ...['--host', '127.0.0.1', '--port', String(port), '--', process.execPath, everythingScript()],
      ])
      for (const [name, port] of Object.entries({ supergateway, proxy })) {
        const url = `http://127.0.0.1:${port}/mcp`
        const path = await connect(`Behind ${name}`, { transport: 'streamable_http', url })
        for (const open of [realLegacy, realModern]) {
          const client = await open(server, path)
          expect(await client.tools(), name).toContain('echo')
          expect(textOf(await client.call('echo', { message: 'through two' }))).toContain('through two')
          await client.close()
        }
      }
    })

    test.runIf(isLong)(
      "Playwright's server is installed from the registry and listed",
      async () => {
        const path = await connect('Playwright', {
          transport: 'stdio',
          command: 'npx',
          args: ['-y', '@playwright/mcp@0.0.83'],
        })
        const client = await realModern(server, path)
        expect(await client.tools()).toContain('browser_navigate')
        await client.close()
      },
      240_000,
    )
  },
)

const resource = 'demo://resource/dynamic/text/1'
const work = { name: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } }

/** What server-everything offers without asking anything back; the two generations of the client agree on it. */
async function useEveryFeature(client: LegacyClient | ModernClient): Promise<void> {
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'get-structured-content']))
  const added = await client.callTool({ name: 'get-sum', arguments: { a: 2, b: 40 } })
  expect(textOf(added as Answer)).toContain('42')
  const weather = await client.callTool({
    name: 'get-structured-content',
    arguments: { location: 'New York' },
  })
  expect(weather.structuredContent).toMatchObject({ conditions: expect.any(String) })

  const { resources } = await client.listResources()
  expect(resources.length).toBeGreaterThan(0)
  const { resourceTemplates } = await client.listResourceTemplates()
  expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain(
    'demo://resource/dynamic/text/{resourceId}',
  )
  const { contents } = await client.readResource({ uri: resource })
  expect(contents[0]).toMatchObject({ uri: resource, text: expect.stringContaining('Resource 1') })

  const { prompts } = await client.listPrompts()
  expect(prompts.map(({ name }) => name)).toContain('args-prompt')
  const prompt = await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Lisbon' } })
  expect(JSON.stringify(prompt.messages)).toContain('Lisbon')
  const { completion } = await client.complete({
    ref: { type: 'ref/prompt', name: 'completable-prompt' },
    argument: { name: 'department', value: 'Eng' },
  })
  expect(completion.values).toEqual(['Engineering'])
}

async function isAsked(
  call: (name: string, args: Record<string, unknown>) => Promise<unknown>,
): Promise<void> {
  const asked = (await call('trigger-elicitation-request', {})) as Answer
  expect(JSON.stringify(asked.content)).toContain('Ann Example')
  const answered = (await call('trigger-sampling-request', { prompt: 'Say it', maxTokens: 10 })) as Answer
  expect(textOf(answered)).toContain('Sampled!')
}
