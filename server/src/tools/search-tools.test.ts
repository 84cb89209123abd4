import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newId, type ServerId } from '../kernel/ids.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { SearchIndex } from './search-index.ts'
import { readKnowledge } from './search-knowledge.ts'
import { readQuery } from './search-query.ts'
import { plant } from './search-ranker.ts'
import { searchTools } from './search-tools.ts'
import { splitWords } from './split-words.ts'
import { editDistance, suggestNames } from './suggest-names.ts'

const knowledge = readKnowledge()
const everyone = { visible: () => true, topK: 5 }

function tool(serverId: ServerId, name: string, description: string, parameters: string[] = []): PinnedTool {
  const properties: JsonObject = Object.fromEntries(
    parameters.map((parameter) => [parameter, { type: 'string' }]),
  )
  return {
    serverId,
    name,
    publicName: `${serverId.slice(-4)}_${name}`,
    title: undefined,
    description,
    inputSchema: { type: 'object', properties },
    annotations: undefined,
    definition: '{}',
    hash: `${name} ${description}`,
    state: 'active',
  }
}

/** What the three official demonstration servers offer, in words of our own. */
function demoIndex(): {
  index: SearchIndex
  servers: Record<'everything' | 'filesystem' | 'memory', ServerId>
} {
  const servers = { everything: newId<'server'>(), filesystem: newId<'server'>(), memory: newId<'server'>() }
  const index = new SearchIndex(knowledge)
  const put = (server: keyof typeof servers, tools: [string, string, string[]][]) =>
    index.put(
      servers[server],
      { name: server, slug: server, description: '' },
      tools.map(([name, text, parameters]) => tool(servers[server], name, text, parameters)),
    )
  put('everything', [
    ['echo', 'Gives back the message it was sent', ['message']],
    ['add', 'Adds two numbers', ['a', 'b']],
    ['get-sum', 'Gives the sum of two numbers', ['a', 'b']],
    ['get-tiny-image', 'A very small picture of the protocol logo', []],
    [
      'get-resource-reference',
      'Gives a reference to a text or blob resource',
      ['resourceType', 'resourceId'],
    ],
    ['gzip-file-as-resource', 'Compresses a file from a link and offers it as a resource', ['name', 'data']],
  ])
  put('filesystem', [
    ['read_file', 'Read a file as text. Deprecated, use read_text_file', ['path', 'head', 'tail']],
    ['read_text_file', 'Read all of a text file, or its first or last lines', ['path', 'head', 'tail']],
    ['read_media_file', 'Read an image or sound file as base64', ['path']],
    ['read_multiple_files', 'Read several files at once', ['paths']],
    ['write_file', 'Create a file or replace its content', ['path', 'content']],
    ['edit_file', 'Change lines of a text file', ['path', 'edits']],
    ['list_directory', 'List the files and folders of a directory', ['path']],
    ['search_files', 'Find files by a name pattern', ['path', 'pattern']],
    ['move_file', 'Move or rename a file', ['source', 'destination']],
  ])
  put('memory', [
    ['create_entities', 'Add new entities to the knowledge graph', ['entities']],
    ['read_graph', 'Read the whole knowledge graph', []],
    ['search_nodes', 'Search for nodes of the knowledge graph', ['query']],
    ['open_nodes', 'Open nodes of the knowledge graph by name', ['names']],
  ])
  return { index, servers }
}

test.each([
  ['read a text file', 'read_text_file'],
  ['rename a document on disk', 'move_file'],
  ['what is in this folder', 'list_directory'],
  ['remember a new entity', 'create_entities'],
  ['sum of two numbers', 'get-sum'],
])('%s finds %s first', (query, name) => {
  expect(searchTools(demoIndex().index, query, everyone).hits[0]?.tool.name).toBe(name)
})

test('an empty query lists what is visible, by use and then by connector and name', () => {
  const { index } = demoIndex()
  const names = (o: Parameters<typeof searchTools>[2]) =>
    searchTools(index, ' ', o).hits.map((hit) => hit.tool.name)
  expect(names({ ...everyone, topK: 3 })).toEqual(['add', 'echo', 'get-resource-reference'])
  expect(names({ ...everyone, topK: 2, uses: (each) => (each.name === 'write_file' ? 5 : 0) })).toEqual([
    'write_file',
    'add',
  ])
})

test('words that nothing visible knows are named, and words of invisible tools count as unknown', () => {
  const { index, servers } = demoIndex()
  expect(searchTools(index, 'read the zygomorphic graph', everyone).unmatched).toEqual(['zygomorphic'])
  const visible = (each: PinnedTool) => each.serverId !== servers.memory
  expect(searchTools(index, 'read the graph', { visible, topK: 5 }).unmatched).toEqual(['graph'])
})

test('nothing fits a request that has nothing to do with the tools', () => {
  const { hits, nearest } = searchTools(demoIndex().index, 'qwertz uiopasdf', everyone)
  expect(hits).toEqual([])
  expect(nearest).toEqual([])
})

test('a request of two steps gets a tool for each', () => {
  const { index } = demoIndex()
  const names = searchTools(
    index,
    'Read the text file notes.txt. Then create entities in the knowledge graph.',
    { ...everyone, topK: 3 },
  ).hits.map((hit) => hit.tool.name)
  expect(names).toContain('read_text_file')
  expect(names).toContain('create_entities')
})

test('where tools fit alike, one of another connector is shown, unless a request has several steps', () => {
  const [one, other] = [newId<'server'>(), newId<'server'>()]
  const trees = plant({ roots: [], features: [], borders: [], lefts: [], rights: [], leaves: [] }, 0)
  const net = { into: [], offsets: [], out: [], straight: [], offset: 0 }
  const index = new SearchIndex({
    ...knowledge,
    ranker: { fit: { net, trees }, confidence: trees, floor: 0 },
  })
  const put = (server: ServerId, kinds: string[]) =>
    index.put(
      server,
      { name: 'news', slug: '', description: '' },
      kinds.map((kind) => tool(server, `search_news_${kind}`, 'Searches the latest news', ['query'])),
    )
  put(one, ['first', 'second', 'third', 'fourth', 'fifth'])
  put(other, ['sixth'])
  const shown = (query: string) => searchTools(index, query, everyone).hits.map(({ tool }) => tool.serverId)
  expect(shown('Search for the latest news')).toEqual([one, other, one, one, one])
  expect(shown('Search for the news of today. Then search news of sports.')).not.toContain(other)
})

test('no result is ever invisible', () => {
  const { index } = demoIndex()
  const words = [
    'read',
    'file',
    'graph',
    'sum',
    'text',
    'folder',
    'search',
    'image',
    'entities',
    'number',
    'xyz',
  ]
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 2 ** 20 }),
      (query, mask) => {
        const visible = (each: PinnedTool) => (mask >> (each.name.length % 20)) % 2 === 1
        const answer = searchTools(index, query.join(' '), { visible, topK: 10 })
        expect(answer.hits.every((hit) => visible(hit.tool))).toBe(true)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('one tool among thousands of invisible better ones is still found', () => {
  const index = new SearchIndex(knowledge)
  const many = newId<'server'>()
  const one = newId<'server'>()
  index.put(
    many,
    { name: 'many', slug: 'many', description: '' },
    Array.from({ length: 2_000 }, (_, at) => tool(many, `read_text_file_${at}`, 'Read a text file')),
  )
  index.put(one, { name: 'one', slug: 'one', description: '' }, [tool(one, 'read_text', 'Read a text')])
  const { hits } = searchTools(index, 'read text file', { visible: (each) => each.serverId === one, topK: 5 })
  expect(hits.map((hit) => hit.tool.name)).toEqual(['read_text'])
})

test('an index changed a thousand times answers like one made afresh', () => {
  const ids = Array.from({ length: 8 }, () => newId<'server'>())
  const texts = ['read file', 'write file', 'send mail', 'list folder', 'sum numbers', 'draw chart']
  const changed = new SearchIndex(knowledge)
  const latest = new Map<ServerId, PinnedTool[]>()
  let seed = 1
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let round = 0; round < 1_000; round++) {
    const id = ids[random(ids.length)] as ServerId
    const tools = Array.from({ length: random(12) }, (_, at) =>
      tool(id, `t${at}_${random(50)}`, texts[random(texts.length)] ?? ''),
    )
    changed.put(id, { name: `s${id.slice(-3)}`, slug: '', description: '' }, tools)
    latest.set(id, tools)
  }
  const fresh = new SearchIndex(knowledge)
  for (const [id, tools] of latest)
    fresh.put(id, { name: `s${id.slice(-3)}`, slug: '', description: '' }, tools)
  expect(changed.live).toBe(fresh.live)
  expect(changed.size).toBeLessThan(8_000)
  const found = (index: SearchIndex) =>
    searchTools(index, 'send mail', { visible: () => true, topK: 200 }).hits.map((hit) =>
      hit.score.toFixed(3),
    )
  expect(found(changed)).toEqual(found(fresh))
})

test('tools that stay as they are keep their places when their connector changes', () => {
  const id = newId<'server'>()
  const server = { name: 'desk', slug: '', description: '' }
  const index = new SearchIndex(knowledge)
  const first = [tool(id, 'send_mail', 'Send a mail'), tool(id, 'read_file', 'Read a file')]
  index.put(id, server, first)
  const renewed = { ...tool(id, 'read_file', 'Draw a chart'), hash: 'another' }
  const same = { ...(first[0] as PinnedTool) }
  index.put(id, server, [same, renewed])
  expect(index.live).toBe(2)
  expect(index.size).toBe(3)
  expect(index.tool(0)).toBe(same)
  const found = (query: string) => searchTools(index, query, everyone).hits.map((hit) => hit.tool)
  expect(found('send a mail')[0]).toBe(same)
  expect(found('draw a chart')[0]).toBe(renewed)
  index.put(id, { ...server, name: 'office' }, [same])
  expect(index.size).toBe(4)
  expect(found('office mail')).toEqual([same])
})

test('names, sentences and scripts without spaces are split into words', () => {
  expect(splitWords('readTextFile_v2 HTTPServer getURL')).toEqual([
    'read',
    'text',
    'file',
    'v',
    '2',
    'http',
    'server',
    'get',
    'url',
  ])
  expect(splitWords('搜索关键词')).toEqual(['搜索', '索关', '关键', '键词'])
  expect(splitWords('GitHub YouTube')).toEqual(['github', 'git', 'hub', 'youtube', 'you', 'tube'])
})

test('a request of several steps is read step by step', () => {
  const stepsOf = (query: string) => readQuery(query).steps.filter((step) => !step.isImplied)
  expect(stepsOf('one thing')).toEqual([])
  expect(stepsOf('Read the big report, then send mail to the whole team.')).toHaveLength(2)
})

test('a value says what it is, and its letters say little', () => {
  const { whole, steps } = readQuery(
    'Summarize https://example.org/budget and save it in /tmp/notes/dragon.md',
  )
  const weightOf = (word: string) => whole.words.find((each) => each.word === word)?.weight
  expect(weightOf('url')).toBeGreaterThan(0.5)
  expect(weightOf('markdown')).toBeGreaterThan(0.5)
  expect(weightOf('dragon')).toBeLessThan(0.5)
  expect(weightOf('budget')).toBeLessThan(0.5)
  expect(steps.filter((step) => step.isImplied).map((step) => step.words[0]?.word)).toContain('write')
})

test('a wrong name gets the nearest real ones among those the caller may use', () => {
  const names = ['files_read_text_file', 'files_write_file', 'memory_read_graph', 'mail_send']
  expect(suggestNames('files_read_txt_file', names, 3)[0]).toBe('files_read_text_file')
  expect(suggestNames('read_text_file', names, 3)[0]).toBe('files_read_text_file')
  expect(suggestNames('readGraph', names, 1)).toEqual(['memory_read_graph'])
  expect(suggestNames('zzzz', names, 3)).toEqual([])
  expect(suggestNames('x'.repeat(100_000), names, 3)).toEqual([])
})

test('the edit distance counts inserts, deletes, replacements and swaps, up to its limit', () => {
  expect(editDistance('kitten', 'sitting', 9)).toBe(3)
  expect(editDistance('ab', 'ba', 9)).toBe(1)
  expect(editDistance('', 'abc', 9)).toBe(3)
  expect(editDistance('aaaa', 'bbbb', 2)).toBe(3)
})
