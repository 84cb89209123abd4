import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHosting, type ProcessHosting } from '../../server/src/hosting/hosting.ts'
import type { Connector } from '../../server/src/kernel/connector.ts'
import { newId } from '../../server/src/kernel/ids.ts'
import { openTestStorage, quietLog, type TestStorage } from '../support/stores.ts'

const packageName = '@modelcontextprotocol/server-everything'

const connector: Connector = {
  id: newId<'server'>(),
  name: 'Everything',
  slug: 'everything',
  description: '',
  kind: 'hosted',
  transport: 'stdio',
  url: undefined,
  headers: {},
  command: 'npx',
  args: ['-y', packageName],
  env: {},
  auth: { type: 'none' },
  status: 'active',
  protocol: 'auto',
  toolReview: 'off',
  skipInputValidation: false,
  toolOutputOffloading: true,
  sensitive: false,
  network: 'none',
  mounts: [],
  personalValues: [],
  pinned: undefined,
  health: { state: 'unknown' },
  createdBy: undefined,
  createdAt: '',
  updatedAt: '',
  revision: 1,
}

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

    const start = () =>
      hosting.start(
        pinned,
        { owner: 'shared', revision: '1', headers: {}, env: {}, args: pinned.args },
        'ann',
      )

    async function initialize() {
      const hosted = await start()
      const answer = new Promise<string>((resolve) => hosted.onLine(resolve))
      const params = {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'test', version: '1' },
      }
      hosted.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }))
      return { hosted, answer: JSON.parse(await answer) }
    }

    test('it is pinned to an exact version with the hash of its bytes', () => {
      expect(pinned.pinned).toMatchObject({
        name: packageName,
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        integrity: expect.stringMatching(/^sha512-/),
      })
    })

    test('it answers from inside the sandbox', async () => {
      const { hosted, answer } = await initialize()
      expect(answer.result.serverInfo.name).toContain('everything')
      await hosted.stop()
    })

    test('it starts again after its folder was lost', async () => {
      rmSync(join(dataDir, 'packages'), { recursive: true })
      const { hosted, answer } = await initialize()
      expect(answer.result.protocolVersion).toBe('2025-11-25')
      await hosted.stop()
    }, 120_000)
  },
)
