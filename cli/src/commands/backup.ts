import { copyFileSync, existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { backUpFolder, holderOf } from '../../../server/src/storage/storage.ts'
import { baseUrlOf, callServer } from '../call-server.ts'
import { dumpCommand, dumpPostgres } from '../dump-postgres.ts'
import { readSettings, silentLog } from '../settings.ts'
import { CommandError, exitCodes, type Terminal } from '../terminal.ts'

type Options = { output?: string; json?: boolean; url?: string }
type Taken = { file: string; bytes: number; tables?: number; rows?: number }

const keyHint =
  'The key that opens its secrets is not inside: keep RUNLAYER_SECRET_KEY, or the file secret.key of the data folder, somewhere else.'

/** `backup`: a verified copy of the database, through the running server or from a folder nobody uses. */
export function addBackup(program: Command, terminal: Terminal): void {
  program
    .command('backup')
    .description('take a verified backup of the database')
    .option('--output <file>', 'where to put it (default: the folder backups in the data folder)')
    .option('--json', 'print what was taken as JSON')
    .option('--url <url>', 'the running server, when it holds the data folder')
    .action(async (options: Options) => {
      const taken = await take(terminal, options)
      if (options.json === true) terminal.data(JSON.stringify(taken, null, 2))
      else terminal.data(taken.file)
      const rows = taken.rows === undefined ? '' : `, ${taken.tables} tables, ${taken.rows} rows`
      terminal.message(`Backup taken and verified: ${taken.bytes} bytes${rows}.\n${keyHint}`)
    })
}

async function take(terminal: Terminal, options: Options): Promise<Taken> {
  const { databaseUrl, dataDir } = readSettings(terminal)
  const output = options.output === undefined ? undefined : resolve(options.output)
  if (output !== undefined && existsSync(output)) {
    throw new CommandError(exitCodes.usage, `${output} exists already; backups are never overwritten.`)
  }
  if (output !== undefined && !existsSync(dirname(output))) {
    throw new CommandError(exitCodes.usage, `The folder ${dirname(output)} does not exist; make it first.`)
  }
  if (databaseUrl !== undefined) {
    if (output === undefined) {
      throw new CommandError(exitCodes.usage, `Say --output FILE, or run this yourself: ${dumpCommand}`)
    }
    return dumpPostgres(databaseUrl, output)
  }
  if (options.url === undefined && holderOf(dataDir) === undefined) {
    return backUpFolder({ dataDir, file: output, log: silentLog })
  }
  return takeOnline(terminal, options.url, { dataDir, output })
}

/** The server writes into its own data folder; from there the file is copied when it can be seen from here. */
async function takeOnline(
  terminal: Terminal,
  url: string | undefined,
  where: { dataDir: string; output: string | undefined },
): Promise<Taken> {
  const answer = await callServer(terminal, baseUrlOf(terminal, url), 'POST', '/api/v1/system/backups')
  const { name, bytes, tables, rows } = answer as { name: string } & Required<Omit<Taken, 'file'>>
  const file = join(where.dataDir, 'backups', name)
  if (where.output === undefined) return { file, bytes, tables, rows }
  if (!existsSync(file)) {
    throw new CommandError(
      exitCodes.partly,
      `The backup was taken as ${name} in the server's data folder, which is not on this machine.`,
    )
  }
  copyFileSync(file, where.output)
  return { file: where.output, bytes, tables, rows }
}
