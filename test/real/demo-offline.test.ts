import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../support/server.ts'

type Listed<T> = { data: T[] }
type Server = { name: string; demo: boolean; health: string; health_message: string | null }

let server: RunningServer
let cache: string

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'runlayer-empty-cache-'))
  // Nothing listens on the discard port, and an empty cache has nothing to offer instead.
  const env = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_cache: cache }
  server = await startServer({ args: ['--demo'], env })
})
afterAll(async () => {
  await server?.remove()
  await rm(cache, { recursive: true, force: true })
})

test('without the registry the demo says in a sentence what is missing, and the rest is there', async () => {
  const deadline = Date.now() + 50_000
  while (!server.output().includes('The demo is there')) {
    if (Date.now() > deadline) throw new Error(`nothing was said:\n${server.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(server.output()).toContain('Filesystem: The package registry could not be reached.')
  const { data } = await server.api<Listed<Server>>('GET', '/api/v1/servers')
  const failing = {
    demo: true,
    health: 'failing',
    health_message: 'The package registry could not be reached.',
  }
  expect(data).toEqual(
    ['Everything', 'Filesystem', 'Memory'].map((name) => expect.objectContaining({ name, ...failing })),
  )
  const rules = await server.api<Listed<object>>('GET', '/api/v1/policies')
  expect(rules.data.length).toBeGreaterThan(3)
  await server.api('DELETE', '/api/v1/system/demo')
  expect((await server.api<Listed<Server>>('GET', '/api/v1/servers')).data).toEqual([])
})
