import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { addAgent } from '../support/agents.ts'
import { freshServer, postgresEnvironment } from '../support/fresh-server.ts'
import { ApiError, type RunningServer } from '../support/server.ts'
import { addConnector, addPerson } from '../support/world.ts'

/** Somebody leaves while one table of the database refuses: whatever does not need it ends, and once more ends the rest. */
const missing = 'missing' in inject('postgres')
let server: RunningServer
let db: pg.Client
let connectorId = ''
let agentId = ''
let people = 0

beforeAll(async () => {
  if (missing) return
  const env = await postgresEnvironment()
  server = await freshServer({ env })
  db = new pg.Client({ connectionString: env['RUNLAYER_DATABASE_URL'] })
  await db.connect()
  await db.query(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'out of order'; END $$`,
  )
  connectorId = (await addConnector(server, 'Vault', 'http://127.0.0.1:9/mcp')).id
  agentId = (await addAgent(server)).id
  await db.query(
    `INSERT INTO sso_providers (id, name, settings, create_people, link_by_email, trust_email, shown, created_at, updated_at)
     VALUES ($1, 'Acme', '{"kind":"oidc"}', true, true, true, false, now(), now())`,
    [connectorId],
  )
}, 90_000)
afterAll(async () => {
  await db?.end()
  await server?.remove()
})

/** What a person has, a row of each kind. Their key is there from the start. */
const rowsOf = (id: string): Readonly<Record<string, string>> => ({
  api_keys: '',
  person_passwords: `(user_id, hash, changed_at) VALUES ('${id}', 'x', now())`,
  sso_kept_sign_ins: `(user_id, provider_id, sealed, revision, kept_at) VALUES ('${id}', '${connectorId}', 'x', 1, now())`,
  oauth_connections: `(id, user_id, client_id, client_hash, client_name, redirect_uri, created_at)
    VALUES ('${id}', '${id}', 'c', 'c', 'c', 'http://localhost', now())`,
  delegations: `(id, user_id, agent_id, created_at, expires_at)
    VALUES ('${id}', '${id}', '${agentId}', now(), now() + interval '1 day')`,
  grants: `(server_id, owner, user_id, state, issuer, client_id, facts, tokens, generation, connected_at)
    VALUES ('${connectorId}', '${id}', '${id}', 'connected', 'i', 'c', '{}', 'x', 1, now())`,
  personal_values: `(server_id, user_id, sealed, updated_at) VALUES ('${connectorId}', '${id}', 'x', now())`,
})
const owned = ['connectors', 'agent_accounts']
const everything = [...Object.keys(rowsOf('')), ...owned]

async function somebody(): Promise<string> {
  const { id } = await addPerson(server, `leaver${++people}`)
  for (const [table, row] of Object.entries(rowsOf(id)))
    if (row !== '') await db.query(`INSERT INTO ${table} ${row}`)
  await db.query('UPDATE connectors SET created_by = $1', [id])
  await db.query('UPDATE agent_accounts SET owner_id = $1', [id])
  return id
}

/** How each kind tells that something is still theirs. */
const theirs: Readonly<Record<string, string>> = {
  delegations: 'user_id = $1 AND revoked_at IS NULL',
  connectors: 'created_by = $1',
  agent_accounts: 'owner_id = $1',
}

/** The kinds of which something is left. */
async function left(id: string): Promise<string[]> {
  const found: string[] = []
  for (const table of everything) {
    const { rowCount } = await db.query(`SELECT 1 FROM ${table} WHERE ${theirs[table] ?? 'user_id = $1'}`, [
      id,
    ])
    if (rowCount !== 0) found.push(table)
  }
  return found
}

async function refused(run: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await run.catch((thrown: unknown) => thrown)
  if (!(error instanceof ApiError)) throw new Error('nothing was refused')
  return error.problem
}

const cases: [table: string, words: string, alsoLeft?: string[]][] = [
  ['api_keys', 'sessions and keys', owned],
  ['person_passwords', 'ways to sign in'],
  ['sso_kept_sign_ins', 'what their identity provider gave'],
  ['oauth_connections', 'connected AI clients'],
  ['delegations', 'delegations'],
  ['grants', 'grants at upstreams'],
  ['personal_values', 'values at connectors'],
  ['connectors', 'handing over'],
]
const ways: [string, (id: string) => Promise<unknown>][] = [
  ['deactivated', (id) => server.api('PATCH', `/api/v1/users/${id}`, { status: 'deactivated' })],
  ['deleted', (id) => server.api('DELETE', `/api/v1/users/${id}`)],
]

describe.skipIf(missing)('while one table refuses', () => {
  for (const [way, leave] of ways)
    test.each(cases)(
      `somebody ${way}: all but %s ends, and it is said; once more ends it`,
      async (table, words, more = []) => {
        const id = await somebody()
        expect(await left(id)).toEqual(everything)
        await db.query(
          `CREATE TRIGGER refusal BEFORE UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse()`,
        )
        try {
          const problem = await refused(leave(id))
          expect(problem).toMatchObject({ type: '/problems/not-finished', status: 503 })
          expect(problem['detail']).toContain(words)
          expect(await left(id)).toEqual([table, ...more])
        } finally {
          await db.query(`DROP TRIGGER refusal ON ${table}`)
        }
        await leave(id)
        expect(await left(id)).toEqual([])
      },
    )
})
