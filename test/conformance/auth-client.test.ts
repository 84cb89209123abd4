import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connector, ConnectorAuth } from '../../server/src/kernel/connector.ts'
import { GatewayError } from '../../server/src/kernel/errors.ts'
import type { UserId } from '../../server/src/kernel/ids.ts'
import { readBody } from '../fixtures/http-fixture.ts'
import { addConnector, addPerson, type GrantsWorld, grantsWorld } from '../support/grants-world.ts'
import { root } from '../support/server.ts'
import { openTestStorage, type TestStorage } from '../support/stores.ts'
import { type Check, type Revision, revisions } from './suite.ts'

const suite = join(root, 'node_modules/@modelcontextprotocol/conformance')
/** A refusal, a sign-in, a refusal for more rights, another sign-in: more rounds would be going in circles. */
const maxRounds = 4

type Scenario = { connector: Connector; person: UserId }

/** What a person does when a call is refused: signs in at the upstream, and tries again. */
async function drive(world: GrantsWorld, { connector, person }: Scenario): Promise<string> {
  for (let round = 1; ; round++) {
    try {
      await world.request(connector, person, ['tools/list'])
      return await world.request(connector, person, ['tools/call', 'test-tool'])
    } catch (error) {
      const wantsSignIn =
        error instanceof GatewayError &&
        (error.reason === 'needs-connection' ||
          (error.reason === 'upstream-refused' && error.data?.['status'] === 401))
      if (!wantsSignIn || round === maxRounds) throw error
    }
    const url = await world.grants.begin(connector, person)
    const answer = await fetch(url, { redirect: 'manual' })
    const {
      state = '',
      error_description: errorDescription,
      ...rest
    } = Object.fromEntries(new URL(answer.headers.get('location') ?? '').searchParams)
    await world.grants.finish(person, { state, ...rest, errorDescription })
  }
}

function authOf(context: { client_id?: string; client_secret?: string }): ConnectorAuth {
  return context.client_id === undefined ? { type: 'oauth' } : { type: 'oauth', clientId: context.client_id }
}

let store: TestStorage
let world: GrantsWorld
const harness = createServer((request, response) => {
  void (async () => {
    const { server, context = '{}', revision } = JSON.parse(await readBody(request))
    const given = JSON.parse(context) as { client_id?: string; client_secret?: string }
    const protocol = revision === '2026-07-28' ? 'modern' : 'legacy'
    const person = await addPerson(store.storage)
    const secret = given.client_secret === undefined ? {} : { secret: given.client_secret }
    const connector = await addConnector(store.storage, {
      url: server,
      auth: authOf(given),
      protocol,
      ...secret,
    })
    const said = await drive(world, { connector, person }).catch((error: Error) => error)
    response.writeHead(said instanceof Error ? 500 : 200).end(said instanceof Error ? said.message : said)
  })()
})

beforeAll(async () => {
  store = await openTestStorage('embedded')
  const documentUrl = 'https://conformance-test.local/client-metadata.json'
  world = await grantsWorld({ storage: store.storage, now: Date.now, documentUrl })
  await new Promise<void>((done) => harness.listen(0, '127.0.0.1', done))
}, 60_000)

afterAll(async () => {
  harness.closeAllConnections()
  harness.close()
  await world.close()
  await store.dispose()
})

async function required(revision: Revision): Promise<string[]> {
  const text = await readFile(join(suite, 'requirements', `${revision}.yaml`), 'utf8')
  const block = /^client:\n((?:[ \t].*\n|\n)*)/m.exec(text)?.[1] ?? ''
  return [...block.matchAll(/^\s+- (auth\/[\w-]+)/gm)].map((match) => match[1] ?? '')
}

async function run(revision: Revision): Promise<Map<string, Check[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-auth-'))
  const { port } = harness.address() as AddressInfo
  const command = `${process.execPath} ${join(import.meta.dirname, 'auth-client.ts')} http://127.0.0.1:${port}/`
  const options = ['--requirements', revision, '--command', command, '-o', folder, '--timeout', '90000']
  try {
    const child = spawn(process.execPath, [join(suite, 'dist/index.js'), 'client', ...options], {
      stdio: 'ignore',
      timeout: 240_000,
    })
    await new Promise((done) => child.once('exit', done))
    const results = new Map<string, Check[]>()
    for (const file of await readdir(folder, { recursive: true })) {
      if (!file.endsWith('checks.json')) continue
      const name = relative('.', dirname(file))
        .replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '')
        .replace(/^client-/, '')
      results.set(name, JSON.parse(await readFile(join(folder, file), 'utf8')) as Check[])
    }
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe.each(revisions)('signing in at upstreams passes the official suite of %s', (revision) => {
  test('every required scenario', async () => {
    const results = await run(revision)
    const scenarios = await required(revision)
    expect(scenarios.length).toBe(revision === '2025-11-25' ? 14 : 25)
    const faults = scenarios.flatMap((name) => {
      const checks = results.get(name)
      if (checks === undefined) return [`${name} did not run`]
      return checks
        .filter(({ status }) => status === 'FAILURE')
        .map(({ id, errorMessage }) => `${name}: ${id}: ${errorMessage ?? ''}`)
    })
    if (faults.length > 0) console.log([...results.keys()].join(' '))
    expect(faults).toEqual([])
  }, 300_000)
})
