import { eq } from 'drizzle-orm'
import { pgTable, text } from 'drizzle-orm/pg-core'
import type { Db } from '../storage/storage.ts'

const hostedPackages = pgTable('hosted_packages', {
  folder: text().primaryKey(),
  name: text().notNull(),
  version: text().notNull(),
  integrity: text().notNull(),
  lock: text().notNull(),
})

/** An installed package with its whole dependency tree, as npm's lock file. */
export type HostedPackage = typeof hostedPackages.$inferSelect

export type PackageStore = {
  find(folder: string): Promise<HostedPackage | undefined>
  keep(hosted: HostedPackage): Promise<void>
}

export function packageStore(db: Db): PackageStore {
  return {
    async find(folder) {
      const [row] = await db.select().from(hostedPackages).where(eq(hostedPackages.folder, folder))
      return row
    },
    async keep(hosted) {
      await db.insert(hostedPackages).values(hosted).onConflictDoNothing()
    },
  }
}
