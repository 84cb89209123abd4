import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyTool,
  type ScriptedUpstream,
  startScriptedUpstream,
  words,
} from '../fixtures/scripted-upstream.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, textOf } from '../support/raw-mcp.ts'
import type { RunningServer } from '../support/server.ts'
import { addConnector, addPerson, allow, type Made, type Person } from '../support/world.ts'

type Found = {
  results: Record<string, unknown>[]
  unmatched?: string[]
  nearest_connectors?: string[]
  note?: string
  searches_without_result?: number
}

const manyTools = 500
const verbs = ['create', 'delete', 'list', 'update', 'fetch', 'archive', 'share', 'move', 'copy', 'search']
const things = ['invoice', 'ticket', 'customer', 'folder', 'campaign', 'shipment', 'contract', 'sprint']

/** As large as tools of public servers usually are: a sentence or two and a few described parameters. */
function usualTool(at: number): object {
  const [verb, thing] = [verbs[at % verbs.length], things[Math.floor(at / verbs.length) % things.length]]
  return anyTool(`${verb}_${thing}_${at}`, {
    description: `Runs ${verb} on one ${thing} of ledger ${at}. Answers the ${thing} with its id, its owner and when it changed.`,
    inputSchema: {
      type: 'object',
      properties: {
        id: { type: 'string', description: `The id of the ${thing}, as a list answered it.` },
        reason: { type: 'string', description: 'Shown to the owner in the history.' },
        limit: { type: 'integer', minimum: 1, maximum: 100, description: 'How many lines to answer.' },
      },
      required: ['id'],
    },
  })
}

/** A simple, stated tokenizer: a token for each started four letters or digits of a run, and one for each other sign. */
function tokens(text: string): number {
  let count = 0
  for (const [run] of text.matchAll(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)) count += Math.ceil(run.length / 4)
  return count
}

let server: RunningServer
let desk: ScriptedUpstream
let ledger: ScriptedUpstream
let many: Made
let ada: Person
let client: LegacyClient

beforeAll(async () => {
  desk = await startScriptedUpstream({
    era: 'legacy',
    tools: [
      anyTool('read_note', {
        description: 'Reads one note. Long notes are cut.',
        annotations: { readOnlyHint: true },
        inputSchema: {
          type: 'object',
          properties: { id: { type: 'string' }, page: { type: 'integer' } },
          required: ['id'],
        },
      }),
      anyTool('write_note', { description: 'Writes a note.', annotations: { destructiveHint: false } }),
      anyTool('wipe_note', { description: 'Wipes a note.', annotations: { readOnlyHint: false } }),
      anyTool('mail_note', { description: 'Mails a note to somebody.' }),
    ],
  })
  ledger = await startScriptedUpstream({
    era: 'legacy',
    tools: Array.from({ length: manyTools }, (_, at) => usualTool(at)),
    scripts: { 'tools/call': () => words('done') },
  })
  server = await freshServer()
  const waits = { headers: { 'x-token': '{TOKEN}' } }
  many = await addConnector(server, 'Ledger', ledger.url)
  const connectors = [
    await addConnector(server, 'Desk', desk.url),
    await addConnector(server, 'Zebra Mail', desk.url, {
      ...waits,
      description: 'Sends and sorts the mails of a person.',
    }),
    await addConnector(server, 'Photo Vault', desk.url, { ...waits, description: 'Keeps photographs.' }),
  ]
  ada = await addPerson(server, 'ada')
  await allow(server, [ada], [...connectors, many])
  client = await LegacyClient.open(plugin(), ada.key)
})
afterAll(async () => {
  await server?.remove()
  await Promise.all([desk?.close(), ledger?.close()])
})

const plugin = () => new URL('/mcp', server.url)
async function search(args: object, as = client): Promise<Found> {
  const { result } = answerOf(
    await as.request('tools/call', { name: 'search_tools', arguments: { meta: 'm', ...args } }),
  )
  expect(result?.['isError']).toBeUndefined()
  return result?.['structuredContent'] as Found
}
const names = (found: Found) => found.results.map(({ name }) => name)

test('names cost little, a summary says what to ask for, the full hit is all that a call needs', async () => {
  const query = 'read a note'
  const [short] = (await search({ query, detail: 'names' })).results
  expect(short).toEqual({ name: 'desk_read_note', kind: 'tool', effect: 'read' })
  const [summary] = (await search({ query, detail: 'summary' })).results
  expect(summary).toEqual({
    name: 'desk_read_note',
    description: 'Reads one note.',
    connector: 'Desk',
    parameters: ['id', 'page?'],
    kind: 'tool',
    effect: 'read',
    matched: ['read', 'note'],
  })
  const full = await search({ query })
  expect(full).toEqual(await search({ query, detail: 'full' }))
  expect(full.results[0]).toMatchObject({
    description: 'Reads one note. Long notes are cut.',
    input_schema: { type: 'object', required: ['id'] },
    upstream_name: 'read_note',
  })
})

test('a detail that does not exist is an isError naming the rule', async () => {
  const reply = await client.request('tools/call', {
    name: 'search_tools',
    arguments: { meta: 'm', detail: 'everything' },
  })
  const { result } = answerOf(reply)
  expect(result?.['isError']).toBe(true)
  expect(textOf({ result: result ?? {} })).toContain('detail')
})

test('hits say what running them does, as far as their server says so', async () => {
  const { results } = await search({ query: 'note desk', top_k: 10 })
  const effects = Object.fromEntries(results.map((hit) => [hit['upstream_name'], hit['effect']]))
  expect(effects).toMatchObject({
    read_note: 'read',
    write_note: 'write',
    wipe_note: 'destructive',
    mail_note: 'unknown',
  })
})

test('the same question has the same answer, to the letter', async () => {
  const ask = async () =>
    (
      await client.request('tools/call', {
        name: 'search_tools',
        arguments: { meta: 'm', query: 'update a ticket', top_k: 10 },
      })
    ).text.replace(/"id":\d+/, '')
  const first = await ask()
  for (let again = 0; again < 3; again++) expect(await ask()).toBe(first)
})

test('a sign-in stands first when its connector is named, even alone in the list', async () => {
  expect(names(await search({ query: 'create a ticket with zebra', top_k: 1 }))).toEqual([
    'zebra-mail_connect',
  ])
  const [hit] = (await search({ query: 'zebra mail' })).results
  expect(hit).toMatchObject({ auth_required: true, matched: ['zebra', 'mail'] })
  expect(hit).not.toHaveProperty('effect')
})

test('a sign-in stays in the list when its connector is what the query is about, behind tools that work', async () => {
  const found = names(await search({ query: 'sorted photographs', top_k: 3 }))
  expect(found).toContain('photo-vault_connect')
  expect(names(await search({ query: 'delete an invoice', top_k: 5 })).join()).not.toContain('_connect')
})

test('searches in a row that find nothing are answered more and more firmly, until one finds something', async () => {
  const lost = await LegacyClient.open(plugin(), ada.key)
  const first = await search({ query: 'quaternion zeppelin' }, lost)
  expect(first).toMatchObject({ results: [], unmatched: ['quaternion', 'zeppelin'] })
  expect(first.searches_without_result).toBeUndefined()
  const second = await search({ query: 'zeppelin quaternions' }, lost)
  const third = await search({ query: 'xylograph' }, lost)
  expect([second.searches_without_result, third.searches_without_result]).toEqual([2, 3])
  expect(third.note).toMatch(/^Stop searching/)
  expect(new Set([first.note, second.note, third.note]).size).toBe(3)
  expect((await search({ query: 'xylograph' })).searches_without_result).toBeUndefined()
  expect((await search({ query: 'read a note' }, lost)).results.length).toBeGreaterThan(0)
  expect((await search({ query: 'xylograph' }, lost)).searches_without_result).toBeUndefined()
})

test('what was decided for one search is not believed by the next once a connector or a rule changed', async () => {
  const own = await addConnector(server, 'Attic', desk.url)
  const eve = await addPerson(server, 'eve')
  const asEve = await LegacyClient.open(plugin(), eve.key)
  const found = async () => names(await search({ query: 'read a note', top_k: 10 }, asEve))
  expect(await found()).toEqual([])
  const rule = await allow(server, [eve], [own])
  expect(await found()).toContain('attic_read_note')
  await server.api('PATCH', `/api/v1/servers/${own.id}`, { status: 'disabled' })
  expect(await found()).toEqual([])
  await server.api('PATCH', `/api/v1/servers/${own.id}`, { status: 'active' })
  expect(await found()).toContain('attic_read_note')
  await server.api('DELETE', `/api/v1/policies/${rule}`)
  expect(await found()).toEqual([])
})

test('the first list and one search take at most a twentieth of the tokens of the full list of 500 tools', async () => {
  const whole = answerOf(await (await LegacyClient.open(many.url, ada.key)).request('tools/list')).result
  expect(whole?.['tools']).toHaveLength(manyTools)
  const list = answerOf(await client.request('tools/list')).result
  const found = answerOf(
    await client.request('tools/call', {
      name: 'search_tools',
      arguments: { meta: 'm', query: 'archive the contract of a customer' },
    }),
  ).result
  // The whole result, though models are shown its text or its structured content, not both.
  const shown = tokens(JSON.stringify(list?.['tools'])) + tokens(JSON.stringify(found))
  const share = shown / tokens(JSON.stringify(whole?.['tools']))
  expect(share).toBeLessThan(0.05)
})

describe('the report', () => {
  type Report = {
    searches: number
    found: number
    missed: number
    recall: { value: number } | null
    worst_queries: { query: string; wanted: string[] }[] | null
    hard_tools: { name: string; problems: string[]; suggestion: string | null }[]
  }
  const path = '/api/v1/search/report?days=1'
  const execute = async (as: LegacyClient, tool_name: string, args: object = {}) => {
    const reply = await as.request('tools/call', {
      name: 'execute_tool',
      arguments: { meta: 'm', tool_name, arguments: args },
    })
    expect(answerOf(reply).result?.['isError']).toBeUndefined()
  }
  let ben: Person

  test('says how often search showed the tool that was run, from the audit itself', async () => {
    ben = await addPerson(server, 'ben')
    await allow(server, [ben], [many])
    const before = await server.api<Report>('GET', path)
    const his = await LegacyClient.open(plugin(), ben.key)
    const [hit] = (await search({ query: 'archive an invoice' }, his)).results
    await execute(his, String(hit?.['name']), { id: '1' })
    await search({ query: 'shipment please' }, his)
    await execute(his, 'ledger_list_contract_62', { id: '1' })
    const report = await server.api<Report>('GET', path)
    expect([report.searches, report.found, report.missed]).toEqual([
      before.searches + 2,
      before.found + 1,
      before.missed + 1,
    ])
    expect(report.recall?.value).toBe(0.5)
    expect(report.worst_queries).toContainEqual(
      expect.objectContaining({ query: 'shipment please', wanted: ['ledger_list_contract_62'] }),
    )
    const hard = report.hard_tools.find(({ name }) => name === 'ledger_list_contract_62')
    expect(hard?.problems).toContain('missing_words')
    expect(hard?.suggestion).toContain('shipment')
  })

  test('the words of others are for those who may read arguments, the rest for those who may read the audit', async () => {
    await expect(server.api('GET', path, undefined, ben.key)).rejects.toThrow('403')
    await server.api('PATCH', `/api/v1/users/${ben.id}`, { roles: ['analytics_admin'] })
    const report = await server.api<Report>('GET', path, undefined, ben.key)
    expect(report.searches).toBeGreaterThan(0)
    expect(report.worst_queries).toBeNull()
    expect(report.hard_tools.every(({ suggestion }) => suggestion === null)).toBe(true)
    await expect(server.api('GET', '/api/v1/search/evaluation-set', undefined, ben.key)).rejects.toThrow(
      '403',
    )
  })

  test('the own catalogue and queries come out as a set to measure search with', async () => {
    const set = await server.api<{
      corpus: { tool_id: string }[]
      queries: { query: string; relevant: string[] }[]
    }>('GET', '/api/v1/search/evaluation-set?days=1')
    const ids = new Set(set.corpus.map(({ tool_id: id }) => id))
    expect(ids.size).toBeGreaterThanOrEqual(manyTools)
    expect(set.queries).toContainEqual(
      expect.objectContaining({ query: 'shipment please', relevant: ['ledger_list_contract_62'] }),
    )
    expect(set.queries.every(({ relevant }) => relevant.every((id) => ids.has(id)))).toBe(true)
  })
})
