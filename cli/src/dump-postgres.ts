import { spawn } from 'node:child_process'
import { renameSync, rmSync, statSync } from 'node:fs'
import { CommandError, exitCodes } from './terminal.ts'

/** What an operator runs where pg_dump is not on this machine. */
export const dumpCommand = 'pg_dump --format=custom --file=FILE "$RUNLAYER_DATABASE_URL"'

const maxComplaintBytes = 2000

/**
 * Dumps a PostgreSQL database in pg_dump's custom format and keeps the file only if pg_restore can read its contents.
 * The password travels in the environment: arguments can be read by other people on the machine.
 */
export async function dumpPostgres(
  databaseUrl: string,
  file: string,
): Promise<{ file: string; bytes: number }> {
  const draft = `${file}.partial`
  const env = { ...connectionEnvironment(new URL(databaseUrl)), PATH: process.env['PATH'] }
  try {
    await run('pg_dump', ['--format=custom', '--no-password', `--file=${draft}`], env)
    await run('pg_restore', ['--list', '--file=/dev/null', draft], env)
    renameSync(draft, file)
    return { file, bytes: statSync(file).size }
  } finally {
    rmSync(draft, { force: true })
  }
}

function connectionEnvironment(url: URL): Record<string, string> {
  const plain = (text: string) => decodeURIComponent(text)
  const found: Record<string, string> = {
    PGHOST: plain(url.searchParams.get('host') ?? url.hostname),
    PGPORT: url.port,
    PGUSER: plain(url.username),
    PGPASSWORD: plain(url.password),
    PGDATABASE: plain(url.pathname.slice(1)),
    PGSSLMODE: url.searchParams.get('sslmode') ?? '',
    PGSSLROOTCERT: url.searchParams.get('sslrootcert') ?? '',
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== ''))
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk}`.slice(-maxComplaintBytes)
  })
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const words =
        cause.code === 'ENOENT'
          ? `${command} is not installed here. Where it is, run: ${dumpCommand}`
          : cause.message
      reject(new CommandError(exitCodes.failure, words, { cause }))
    })
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new CommandError(exitCodes.failure, `${command} failed: ${complaint.trim()}`))
    })
  })
}
