import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { keptMemory } from '../../../test/support/kept-memory.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { SearchIndex } from './search-index.ts'
import { readKnowledge } from './search-knowledge.ts'
import { Sights } from './search-sight.ts'
import { searchTools } from './search-tools.ts'

/**
 * What the search may cost over ten thousand tools of a hundred connectors, each with as many different words as the tools
 * of real catalogs have on average (18). In time of the processor, which a busy machine stretches less than the clock; of
 * building, the best of three counts. At the endpoint, by the clock
 * and over real catalogs, test/load/search-bench.ts measures it.
 */
const isLong = process.env['RUNLAYER_LONG'] === '1'
/** Half of them in an ordinary run, which shares its processor with other tests. */
const connectors = isLong ? 100 : 50
const toolsEach = 100
const knowledge = readKnowledge()
const vocabulary = [
  ...new Set(readFileSync(new URL('./search-synonyms.txt', import.meta.url), 'utf8').match(/[a-z]{3,}/g)),
]

function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

/** A sentence of so many words, common ones often. */
function phrase(random: (below: number) => number, words: number): string {
  const word = () => vocabulary[random(1 + random(vocabulary.length))]
  return Array.from({ length: words }, word).join(' ')
}

function toolsOf(server: number, edition = 0): PinnedTool[] {
  const random = randomOf(server + 1)
  return Array.from({ length: toolsEach }, (_, at): PinnedTool => {
    const name = `${phrase(random, 3).replaceAll(' ', '_')}_${at}`
    const properties = Object.fromEntries(
      Array.from({ length: 2 }, () => [
        phrase(random, 1),
        { type: 'string', description: phrase(random, 4) },
      ]),
    )
    return {
      serverId: `server-${server}` as ServerId,
      name,
      publicName: `s${server}_${name}`,
      title: undefined,
      description: phrase(random, 13),
      inputSchema: { type: 'object', properties },
      annotations: undefined,
      definition: '{}',
      hash: `${name} ${edition}`,
      state: 'active',
    }
  })
}

const catalog = Array.from({ length: connectors }, (_, server) => toolsOf(server))
function put(index: SearchIndex, server: number, tools: readonly PinnedTool[]): void {
  index.put(`server-${server}` as ServerId, { name: `Server ${server}`, slug: '', description: '' }, tools)
}
function build(): SearchIndex {
  const index = new SearchIndex(knowledge)
  for (const [server, tools] of catalog.entries()) put(index, server, tools)
  return index
}

function cpuMs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

test('ten thousand tools are indexed in under a second and 60 MB, with all that the search knows', () => {
  const used = keptMemory()
  expect(Math.min(...[1, 2, 3].map(() => cpuMs(build)))).toBeLessThan(1_000)
  const before = used()
  const fresh = readKnowledge()
  const index = new SearchIndex(fresh)
  for (const [server, tools] of catalog.entries()) put(index, server, tools)
  const megabytes = used() - before
  expect(index.live).toBe(connectors * toolsEach)
  expect(megabytes).toBeGreaterThan(5)
  expect(megabytes).toBeLessThan(60)
})

test('a connector whose hundred tools all changed is indexed anew in under 20 ms, and found by its new words', () => {
  const index = build()
  const times = Array.from({ length: 40 }, (_, edition) => {
    const tools = toolsOf(7, edition + 1)
    return cpuMs(() => put(index, 7, tools))
  })
  expect(times.toSorted((a, b) => a - b)[20]).toBeLessThan(20)
  expect(index.live).toBe(connectors * toolsEach)
  expect(index.toolsOf('server-7' as ServerId)[0]?.hash).toMatch(/ 40$/)
})

test('of searches over ten thousand visible tools, 95 in 100 take under 8 ms', () => {
  const index = build()
  const sights = new Sights(index)
  const random = randomOf(5)
  const visible = () => true
  const search = () => {
    const query = phrase(random, 3 + random(9))
    searchTools(index, query, { visible, topK: 5, sight: sights.of('ada', visible) })
  }
  for (let at = 0; at < 300; at++) search()
  const times = Array.from({ length: 400 }, () => cpuMs(search)).sort((a, b) => a - b)
  expect(times[380]).toBeLessThan(8)
  expect(times[200]).toBeGreaterThan(0)
})
