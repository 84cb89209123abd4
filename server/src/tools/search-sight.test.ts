import { expect, test } from 'vitest'
import { newId, type ServerId } from '../kernel/ids.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { SearchIndex } from './search-index.ts'
import { readKnowledge } from './search-knowledge.ts'
import { Sights } from './search-sight.ts'
import { searchTools } from './search-tools.ts'

const isLong = process.env['RUNLAYER_LONG'] === '1'
const words =
  `read write send list create delete update search file mail folder invoice ticket page user report image
  chart weather price stock calendar event note task branch commit issue table row query cluster log alert`.split(
    /\s+/,
  )

function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

/** Connectors of 25 tools each, with names and texts of the same few words. */
function catalog(connectors: number): { index: SearchIndex; servers: ServerId[] } {
  const random = randomOf(7)
  const word = () => words[random(words.length)] ?? ''
  const index = new SearchIndex(readKnowledge())
  const servers = Array.from({ length: connectors }, () => newId<'server'>())
  for (const [at, serverId] of servers.entries()) {
    const tools = Array.from({ length: 25 }, (_, place): PinnedTool => {
      const name = `${word()}_${word()}_${place}`
      return {
        serverId,
        name,
        publicName: `s${at}_${name}`,
        title: undefined,
        description: `${word()} the ${word()} of a ${word()} ${word()}`,
        inputSchema: { type: 'object', properties: { [word()]: { type: 'string' } } },
        annotations: undefined,
        definition: '{}',
        hash: name,
        state: 'active',
      }
    })
    index.put(serverId, { name: `${word()} ${at}`, slug: '', description: '' }, tools)
  }
  return { index, servers }
}

/** Every person may use other connectors, and on those only some of the tools. */
function rightsOf(person: number, servers: readonly ServerId[]): (tool: PinnedTool) => boolean {
  const random = randomOf(person + 1)
  const mine = new Map(servers.filter(() => random(6) === 0).map((id) => [id, random(4)]))
  return (tool) => {
    const part = mine.get(tool.serverId)
    return part !== undefined && (part === 0 || tool.name.length % 4 !== part)
  }
}

test('no search of a thousand people with different rights finds a tool outside of them', () => {
  const { index, servers } = catalog(isLong ? 400 : 80)
  const sights = new Sights(index)
  const random = randomOf(99)
  const searches = isLong ? 100_000 : 1_500
  for (let at = 0; at < searches; at++) {
    const person = random(1_000)
    const visible = rightsOf(person, servers)
    const query = Array.from({ length: 1 + random(5) }, () => words[random(words.length)]).join(' ')
    const sight = sights.of(`person ${person}`, visible)
    const { hits, nearest } = searchTools(index, query, { visible, topK: 10, sight })
    expect(hits.every((hit) => visible(hit.tool))).toBe(true)
    expect(nearest.every((id) => index.toolsOf(id).some(visible))).toBe(true)
  }
}, 3_600_000)

test('what one person may not see changes nothing in what they find', () => {
  const { index, servers } = catalog(20)
  const few = new SearchIndex(readKnowledge())
  const mine = servers.slice(0, 4)
  for (const id of mine)
    few.put(id, { name: index.serverName(id), slug: '', description: '' }, index.toolsOf(id))
  for (const query of ['read the report', 'send mail to a user', 'stock price', 'branch of an issue']) {
    const answer = searchTools(index, query, { visible: (tool) => mine.includes(tool.serverId), topK: 5 })
    const alone = searchTools(few, query, { visible: () => true, topK: 5 })
    expect(answer.hits.map((hit) => hit.tool.publicName)).toEqual(
      alone.hits.map((hit) => hit.tool.publicName),
    )
    expect(answer.unmatched).toEqual(alone.unmatched)
  }
})

test('a remembered sight knows tools that came later, and forgets those that went', () => {
  const { index, servers } = catalog(4)
  const sights = new Sights(index)
  const [first, second] = servers as [ServerId, ServerId]
  const asked: string[] = []
  const visible = (tool: PinnedTool) => {
    asked.push(tool.publicName)
    return tool.serverId === first
  }
  expect(sights.of('a', visible).unfold().count).toBe(25)
  expect(asked).toHaveLength(100)
  const tools = index.toolsOf(first).slice(0, 10)
  index.put(first, { name: 'first', slug: '', description: '' }, tools)
  expect(sights.of('a', visible).unfold().count).toBe(10)
  expect(asked).toHaveLength(110)
  index.remove(second)
  expect(sights.of('a', visible).unfold().count).toBe(10)
  expect(sights.of('b', () => true).unfold().count).toBe(60)
})

test('a person costs under 4 KB with ten thousand tools', () => {
  const { index } = catalog(400)
  const sight = new Sights(index).of('a', () => true)
  expect(sight.bytes).toBeGreaterThan(1_000)
  expect(sight.bytes).toBeLessThan(4_096)
})
