import type { Finding } from './finding.ts'

const name = 'database'
const oldestMajor = 15
const limitMs = 5000

/** The embedded database needs nothing; a PostgreSQL server must answer and be new enough. */
export async function checkDatabase(url: string | undefined): Promise<Finding> {
  if (url === undefined) return { name, state: 'ok', message: 'embedded, in the data folder' }
  const { default: pg } = await import('pg')
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
  })
  try {
    await client.connect()
    const { rows } = await client.query<{ server_version_num: string; server_version: string }>(
      "select current_setting('server_version_num') as server_version_num, current_setting('server_version') as server_version",
    )
    const version = rows[0]?.server_version ?? 'unknown'
    if (Number(rows[0]?.server_version_num ?? 0) < oldestMajor * 10_000) {
      return {
        name,
        state: 'failed',
        message: `PostgreSQL ${version} is too old`,
        advice: `Use PostgreSQL ${oldestMajor} or newer.`,
      }
    }
    return { name, state: 'ok', message: `PostgreSQL ${version} answers` }
  } catch (error) {
    return {
      name,
      state: 'failed',
      message: `PostgreSQL cannot be used: ${reasonOf(error)}`,
      advice: 'Check RUNLAYER_DATABASE_URL, the network and the password.',
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The address may hold a password, so only the code or the server's own words are shown. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given'
  if ('code' in error && typeof error.code === 'string' && error.code.startsWith('E')) return error.code
  return error.message
}
