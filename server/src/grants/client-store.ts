import { and, eq, lt } from 'drizzle-orm'
import { pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import type { Db } from '../storage/storage.ts'
import type { UpstreamClient } from './facts.ts'
import type { ClientShelf, RegisteredClient } from './register-client.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

const clients = pgTable(
  'upstream_clients',
  {
    issuer: text().notNull(),
    redirectUri: text('redirect_uri').notNull(),
    clientId: text('client_id').notNull(),
    secret: text(),
    authMethod: text('auth_method').notNull().$type<UpstreamClient['auth']>(),
    expiresAt: moment('expires_at'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.issuer, table.redirectUri] })],
)

type Keyring = { seal(plain: string, bind: string): string; open(sealed: string, bind: string): string }

export type ClientStore = ClientShelf & { forget(issuer: string, clientId: string): Promise<void> }

/** Registered clients, for one redirect address: after a change of the public URL others are registered. */
export function clientStore(
  db: Db,
  { keyring, redirectUri, now }: { keyring: Keyring; redirectUri: string; now: () => number },
): ClientStore {
  const bind = (issuer: string) => `upstream_clients:${issuer}`
  const here = (issuer: string) => and(eq(clients.issuer, issuer), eq(clients.redirectUri, redirectUri))
  async function find(issuer: string): Promise<RegisteredClient | undefined> {
    const [row] = await db.select().from(clients).where(here(issuer))
    if (row === undefined) return undefined
    return {
      clientId: row.clientId,
      ...(row.secret === null ? {} : { secret: keyring.open(row.secret, bind(issuer)) }),
      auth: row.authMethod,
      origin: 'registered',
      ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt.getTime() }),
    }
  }
  return {
    find,
    async keep(issuer, client) {
      const at = new Date(now())
      await db.delete(clients).where(and(here(issuer), lt(clients.expiresAt, at)))
      await db
        .insert(clients)
        .values({
          issuer,
          redirectUri,
          clientId: client.clientId,
          secret: client.secret === undefined ? null : keyring.seal(client.secret, bind(issuer)),
          authMethod: client.auth,
          expiresAt: client.expiresAt === undefined ? null : new Date(client.expiresAt),
          createdAt: at,
        })
        .onConflictDoNothing()
      return (await find(issuer)) ?? client
    },
    async forget(issuer, clientId) {
      await db.delete(clients).where(and(here(issuer), eq(clients.clientId, clientId)))
    },
  }
}
