import { basename } from 'node:path'
import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Backups } from './schedule-backups.ts'

const Backup = z
  .object({
    name: z.string().meta({ description: 'File name in the folder backups of the data folder' }),
    bytes: z.number().int(),
    taken_at: z.string(),
  })
  .meta({ id: 'Backup' })
const VerifiedBackup = z
  .object({ ...Backup.shape, tables: z.number().int(), rows: z.number().int() })
  .meta({ id: 'VerifiedBackup' })
const BackupList = z.object({ data: z.array(Backup), next_cursor: z.null() }).meta({ id: 'BackupList' })

/** Backups of the embedded store, over REST because no other process may open its folder. */
export function storageRoutes({ backups }: { backups: Backups | undefined }): Route[] {
  const embedded = (): Backups => {
    if (backups !== undefined) return backups
    throw new GatewayError(
      'conflict',
      'This installation keeps its data in PostgreSQL. Back that database up with its own tools, for instance pg_dump --format=custom.',
    )
  }
  return [
    route({
      method: 'POST',
      path: '/api/v1/system/backups',
      operationId: 'createBackup',
      summary: 'Take a verified backup of the embedded database now',
      tag: 'System',
      needs: 'system.manage',
      audit: { action: 'backup_created', resourceType: 'backup' },
      output: VerifiedBackup,
      status: 201,
      async run(context) {
        const { file, bytes, takenAt, tables, rows } = await embedded().create()
        const name = basename(file)
        context.record({ resourceId: name, after: { bytes, tables, rows } })
        return { name, bytes, taken_at: takenAt, tables, rows }
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/system/backups',
      operationId: 'listBackups',
      summary: 'Backups of the embedded database that are kept, newest first',
      tag: 'System',
      needs: 'system.manage',
      output: BackupList,
      status: 200,
      async run() {
        const files = await embedded().list()
        return {
          data: files.map(({ name, bytes, takenAt }) => ({ name, bytes, taken_at: takenAt })),
          next_cursor: null,
        }
      },
    }),
  ]
}
