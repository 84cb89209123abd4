import { resolve } from 'node:path'
import type { Command } from 'commander'
import { restoreBackup } from '../../../server/src/storage/storage.ts'
import { readSettings } from '../settings.ts'
import { CommandError, exitCodes, type Terminal } from '../terminal.ts'

/** `restore FILE`: puts a backup in the place of the embedded database of a stopped server. */
export function addRestore(program: Command, terminal: Terminal): void {
  program
    .command('restore')
    .description('put a backup in the place of the database of a stopped server')
    .argument('<file>', 'a file that "runlayer backup" or the server made')
    .action(async (file: string) => {
      const { databaseUrl, dataDir } = readSettings(terminal)
      if (databaseUrl !== undefined) {
        throw new CommandError(
          exitCodes.usage,
          'This installation keeps its data in PostgreSQL. Stop the servers, then: pg_restore --clean --if-exists --dbname=DATABASE FILE',
        )
      }
      const { tables, rows, keptAside } = await restoreBackup({ file: resolve(file), dataDir })
      terminal.data(`Restored ${tables} tables with ${rows} rows into ${dataDir}.`)
      if (keptAside !== undefined) terminal.message(`What was there before is kept in ${keptAside}.`)
      terminal.message('Start the server with the key this backup was made with.')
    })
}
