import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the maintenance database of a running PostgreSQL, or why there is none. */
    postgres: { url: string } | { missing: string }
  }
}

/** Starts a real PostgreSQL for the whole run and stops it at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const bin = newestBinaries()
  if (bin === undefined) {
    const missing = 'no PostgreSQL binaries under /usr/lib/postgresql (apt-get install postgresql)'
    console.warn(`SKIPPED: every test on PostgreSQL: ${missing}`)
    project.provide('postgres', { missing })
    return async () => undefined
  }
  const server = await startPostgres(bin)
  project.provide('postgres', { url: server.url })
  return server.stop
}

export function newestBinaries(): string | undefined {
  const root = '/usr/lib/postgresql'
  try {
    const versions = readdirSync(root)
      .map(Number)
      .filter((version) => version >= 15)
    return versions.length === 0 ? undefined : join(root, String(Math.max(...versions)), 'bin')
  } catch {
    return undefined
  }
}

/** A throwaway server on a free port of the loopback address. PostgreSQL refuses root, so root becomes `postgres` or `nobody`. */
export async function startPostgres(
  bin: string,
): Promise<{ url: string; stop(): Promise<void>; process: ChildProcess }> {
  const user = unprivileged()
  const home = mkdtempSync(join(tmpdir(), 'runlayer-pg-'))
  const dataDir = join(home, 'data')
  chmodSync(home, 0o755)
  if (user !== undefined) chownSync(home, user.uid, user.gid)
  const as = { ...(user ?? {}), cwd: home, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } }
  execFileSync(
    join(bin, 'initdb'),
    ['-D', dataDir, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8'],
    { ...as, stdio: 'pipe' },
  )
  const port = await freePort()
  const quick = [
    'fsync=off',
    'full_page_writes=off',
    'max_connections=300',
    `unix_socket_directories=`,
    'listen_addresses=127.0.0.1',
  ]
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', dataDir, '-p', String(port), ...quick.flatMap((item) => ['-c', item])],
    { ...as, stdio: 'ignore' },
  )
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await answering(url)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    url,
    process: child,
    async stop() {
      child.kill('SIGINT')
      await gone
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const ask = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString())
      return { uid: ask('-u'), gid: ask('-g') }
    } catch {}
  }
  throw new Error('no unprivileged user to run PostgreSQL as')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await delay(50)
    }
  }
  throw new Error('PostgreSQL did not start within 15 s')
}
