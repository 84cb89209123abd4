import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSets } from '../../../test/search/retrieval-sets.ts'
import { addSearch } from './search.ts'

const corpus = [
  { tool_id: 'desk_read', server: 'Desk', name: 'read', description: 'Reads.', inputSchema: {} },
]
let home = ''
let server: Server
let queries: object[]
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'runlayer-cli-'))
  queries = [{ query_id: 'audit-1', query: 'read it', relevant: ['desk_read'], kind: 'audit' }]
  server = createServer((request, response) => {
    const isRight =
      request.url === '/api/v1/search/evaluation-set?days=7' &&
      request.headers['x-runlayer-api-key'] === 'rl_k'
    response.writeHead(isRight ? 200 : 400).end(JSON.stringify({ corpus, queries }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  server.close()
  rmSync(home, { recursive: true, force: true })
})

async function run(): Promise<string[]> {
  const said: string[] = []
  const terminal = {
    data: (line: string) => said.push(line),
    message: (line: string) => said.push(line),
    env: { RUNLAYER_API_KEY: 'rl_k' },
    signal: new AbortController().signal,
  }
  const program = new Command('runlayer').exitOverride()
  addSearch(program, terminal)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await program.parseAsync(['search', 'export', '--out', home, '--days', '7', '--url', url], { from: 'user' })
  return said
}

test('the export is a set that the evaluation reads', async () => {
  expect((await run()).join('\n')).toContain(`--data ${home}`)
  const [set, ...others] = readSets(home)
  expect(others).toEqual([])
  expect(set?.name).toBe('retrieval-own')
  expect(set?.queries).toEqual(queries)
  expect(set?.tools.map(({ publicName }) => publicName)).toEqual(['desk_read'])
  expect(readFileSync(join(home, 'retrieval-own/corpus.jsonl'), 'utf8')).toBe(
    `${JSON.stringify(corpus[0])}\n`,
  )
})

test('nothing to measure with is said, not written', async () => {
  queries = []
  await expect(run()).rejects.toThrow('Nobody ran a tool after a search')
})
