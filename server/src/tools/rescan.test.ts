import { expect, test } from 'vitest'
import { connectorOf } from '../../../test/support/connector-of.ts'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import { newId, type UserId } from '../kernel/ids.ts'
import type { Upstreams } from '../kernel/upstream.ts'
import { membersOf } from '../lib/raw-json.ts'
import type { Storage } from '../storage/storage.ts'
import type { DefinitionScan, DefinitionScanner, FlaggedTool } from './definition-scan.ts'
import { openTools } from './tools.ts'

const credential = { owner: 'shared', revision: '1', headers: {}, env: {}, args: [] }
const connector = connectorOf({
  name: 'Files',
  url: 'http://127.0.0.1:1/mcp',
  status: 'disabled',
  toolReview: 'quarantine',
})
const offered = ['read_file', 'write_file', 'steer'].map((name) =>
  JSON.stringify({ name, description: `Does ${name}.`, inputSchema: { type: 'object' } }),
)
const upstreams: Pick<Upstreams, 'call' | 'endSession' | 'forget' | 'drain'> = {
  call: async () => {
    const text = `{"tools":[${offered.join(',')}]}`
    return { kind: 'result', era: 'modern', text, members: membersOf(text) }
  },
  endSession: () => undefined,
  forget: () => undefined,
  drain: async () => undefined,
}

/** Detectors that know one bad name, or none. */
function detectors(version: string, bad: string | undefined): DefinitionScanner {
  return {
    version,
    lookFor:
      () =>
      ({ name }): DefinitionScan => {
        const isBad = name === bad
        const finding = {
          detector: 'd',
          category: 'tool-poisoning',
          where: 'description',
          excerpt: '',
          reason: 'It steers.',
        }
        return {
          version,
          at: '2026-05-01T00:00:00.000Z',
          risk: isBad ? 'high' : 'none',
          score: isBad ? 0.9 : 0.1,
          hold: isBad,
          findings: isBad ? [finding] : [],
        }
      },
  }
}

async function start(storage: Storage, scanner: DefinitionScanner) {
  const told: FlaggedTool[] = []
  const tools = await openTools({
    ...{ db: storage.db, bus: storage.bus, scanner, log: quietLog, now: () => Date.parse('2026-05-01') },
    connectors: {
      find: (id) => (id === connector.id ? connector : undefined),
      list: () => [connector],
      setHealth: async () => undefined,
      onChange: () => () => undefined,
    },
    upstreams: upstreams as Upstreams,
    attach: () => credential,
    limits: { listPages: 10, upstreamBytes: 1_000_000, callIdleMs: 1_000 },
    onFlagged: async (_, flagged) => {
      told.push(...flagged)
      return flagged.map((tool) => ({
        ...tool,
        scan: {
          ...tool.scan,
          findings: [{ ...tool.scan.findings[0], detector: 'llm-judge' }],
        } as DefinitionScan,
      }))
    },
  })
  return { tools, told }
}

eachStore((open) => {
  test('newer detectors look again at what is stored, hold what they find, and tell it once', async () => {
    const storage = await open()
    const first = await start(storage, detectors('v1', undefined))
    await first.tools.learn(connector)
    expect(first.tools.of(connector.id).map(({ name }) => name)).toEqual(['read_file', 'steer', 'write_file'])
    first.tools.close()

    const second = await start(storage, detectors('v2', 'steer'))
    const scanOf = async (name: string) =>
      (await second.tools.forReview(connector.id)).tools.find((tool) => tool.name === name)
    await expect.poll(async () => (await scanOf('read_file'))?.offered?.scan?.version).toBe('v2')
    await expect
      .poll(async () => (await scanOf('steer'))?.offered?.scan?.findings[0]?.detector)
      .toBe('llm-judge')
    await expect
      .poll(() => second.tools.of(connector.id).map(({ name }) => name))
      .toEqual(['read_file', 'write_file'])
    expect(await scanOf('steer')).toMatchObject({ state: 'quarantined', offered: { decision: 'pending' } })
    expect(second.told.map(({ name, held }) => [name, held])).toEqual([['steer', true]])
    expect(await second.tools.worstScans()).toMatchObject([
      { serverId: connector.id, name: 'steer', flagged: 1, scan: { risk: 'high', version: 'v2' } },
    ])
    second.tools.close()

    const third = await start(storage, detectors('v3', 'steer'))
    await expect
      .poll(async () => (await third.tools.worstScans()).map(({ scan }) => scan.version))
      .toEqual(['v3'])
    expect(third.told).toEqual([])
    third.tools.close()
  })

  test('what a person approved is not doubted by newer detectors', async () => {
    const storage = await open()
    const first = await start(storage, detectors('v1', 'steer'))
    await first.tools.learn(connector)
    const held = (await first.tools.forReview(connector.id)).tools.find(({ name }) => name === 'steer')
    const decision = { name: 'steer', hash: held?.offeredHash ?? '', approve: true }
    await first.tools.review(connector.id, { ...decision, userId: newId<'user'>() as UserId })
    first.tools.close()

    const second = await start(storage, detectors('v2', 'steer'))
    await expect
      .poll(async () => (await second.tools.worstScans()).map(({ scan }) => scan.version))
      .toEqual(['v2'])
    expect(second.tools.of(connector.id).map(({ name }) => name)).toContain('steer')
    expect(second.told).toEqual([])
    second.tools.close()
  })
})
