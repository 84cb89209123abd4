import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageRoutes } from '../../server/src/hosting/api.ts'
import { openHosting, type ProcessHosting } from '../../server/src/hosting/hosting.ts'
import type { Connector, PinnedPackage } from '../../server/src/kernel/connector.ts'
import type { RequestContext } from '../../server/src/kernel/route.ts'
import { connectorOf } from '../support/connector-of.ts'
import { openTestStorage, quietLog, type TestStorage } from '../support/stores.ts'

type Proposal = { proposed: { id: string }; tools: { change: string }[] }

const packageName = '@modelcontextprotocol/server-everything'

const connector = connectorOf({
  name: 'Everything',
  slug: 'everything',
  transport: 'stdio',
  command: 'npx',
  args: ['-y', packageName],
})

const reason = await whyNot()
if (reason !== undefined) console.warn(`SKIPPED: the hosted server-everything tests: ${reason}`)

/** Asked before the tests are declared, so that a machine without the registry says so in the skipped title. */
async function whyNot(): Promise<string | undefined> {
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  return promisify(execFile)('npm', ['view', packageName, 'version'], { timeout: 60_000 }).then(
    () => undefined,
    () => 'the npm registry cannot be reached',
  )
}

describe.skipIf(reason !== undefined)(
  `server-everything as a hosted server${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'hosted-'))
    let store: TestStorage
    let hosting: ProcessHosting
    let pinned: Connector

    beforeAll(async () => {
      store = await openTestStorage('embedded')
      hosting = await openHosting({
        dataDir,
        stdioCommands: ['npx'],
        unsandboxedStdio: false,
        maxLineBytes: 1024 * 1024,
        hostEnvironment: process.env,
        db: store.storage.db,
        now: Date.now,
        log: quietLog,
      })
      pinned = { ...connector, pinned: await hosting.pinPackage(connector) }
    }, 240_000)
    afterAll(async () => {
      await hosting.stopAll()
      await store.dispose()
      rmSync(dataDir, { recursive: true, force: true })
    })

    /** The lines a started connector answers these requests with, by id. */
    async function exchange(one: Connector, requests: { id: number; method: string; params: object }[]) {
      const credential = { owner: 'shared', revision: '1', headers: {}, env: {}, args: one.args }
      const hosted = await hosting.start(one, credential, 'ann')
      const waiting = new Map<number, (result: Record<string, unknown>) => void>()
      hosted.onLine((line) => {
        const message = JSON.parse(line)
        if (message.method === undefined) waiting.get(message.id)?.(message.result)
      })
      const results = []
      for (const request of requests) {
        const result = new Promise<Record<string, unknown>>((resolve) => waiting.set(request.id, resolve))
        hosted.send(JSON.stringify({ jsonrpc: '2.0', ...request }))
        results.push(await result)
        if (request.method === 'initialize')
          hosted.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
      }
      await hosted.stop()
      return results
    }
    const clientInfo = { name: 'test', version: '1' }
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }
    const initialize = { id: 1, method: 'initialize', params }
    async function listDefinitions(one: Connector): Promise<string[]> {
      const [, list] = await exchange(one, [initialize, { id: 2, method: 'tools/list', params: {} }])
      const tools = list?.['tools'] as object[] | undefined
      return tools?.map((tool) => JSON.stringify(tool)) ?? []
    }

    test('it is pinned to an exact version with the hash of its bytes', () => {
      expect(pinned.pinned).toMatchObject({
        name: packageName,
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        integrity: expect.stringMatching(/^sha512-/),
      })
    })

    test('it answers from inside the sandbox', async () => {
      const [hello] = await exchange(pinned, [initialize])
      expect(hello).toMatchObject({
        protocolVersion: '2025-11-25',
        serverInfo: { name: expect.stringContaining('everything') },
      })
    })

    test('it starts again after its folder was lost', async () => {
      rmSync(join(dataDir, 'packages'), { recursive: true })
      expect(await exchange(pinned, [initialize])).toHaveLength(1)
    }, 120_000)

    test('an update is a proposal with the difference of its tools, and only its acceptance pins it', async () => {
      const old = { ...connector, args: ['-y', `${packageName}@2025.8.18`] }
      const running: Connector = { ...connector, pinned: await hosting.pinPackage(old) }
      const before = await listDefinitions(running)
      const repinned: PinnedPackage[] = []
      const routes = packageRoutes({
        hosting,
        visible: () => running,
        approvedDefinitions: () => before,
        listDefinitions,
        forget: async () => undefined,
        repin: async (_id, accepted) => {
          repinned.push(accepted)
          return running
        },
      })
      const run = (operationId: string, body: object) => {
        const route = routes.find((one) => one.operationId === operationId)
        const context = { caller: {}, record: () => undefined } as unknown as RequestContext
        return route?.run(context, {
          params: { id: running.id },
          query: {},
          body,
        } as never) as Promise<Proposal>
      }
      const proposal = await run('proposePackageUpdate', {})
      expect(proposal).toMatchObject({
        current: { version: '2025.8.18' },
        proposed: { version: pinned.pinned?.version, integrity: pinned.pinned?.integrity },
      })
      expect(new Set(proposal.tools.map(({ change }) => change))).toContain('added')
      expect(repinned).toEqual([])
      await expect(run('acceptPackageUpdate', { proposed_id: '../../x' })).rejects.toMatchObject({
        reason: 'invalid-field',
      })
      await run('acceptPackageUpdate', { proposed_id: proposal.proposed.id })
      expect(repinned).toEqual([pinned.pinned])
    }, 240_000)
  },
)
