import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, type ServerOptions, startServer } from './server.ts'
import { copyTemplate, freshDatabase, type StoreKind } from './stores.ts'

/** What a server on the shared PostgreSQL needs; several processes given the same one are one installation. */
export async function postgresEnvironment(): Promise<Record<string, string>> {
  return {
    RUNLAYER_DATABASE_URL: await freshDatabase(),
    RUNLAYER_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
  }
}

/** The real server on a database of its own, whose tables are there already: creating them takes seconds. */
export async function freshServer(
  options: ServerOptions = {},
  kind: StoreKind = 'embedded',
): Promise<RunningServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'runlayer-test-'))
  if (kind === 'embedded') {
    await copyTemplate(dataDir)
    return await startServer({ ...options, dataDir })
  }
  return await startServer({ ...options, dataDir, env: { ...(await postgresEnvironment()), ...options.env } })
}
