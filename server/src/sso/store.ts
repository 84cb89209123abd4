import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { boolean, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { UserId } from '../kernel/ids.ts'
import type { Db } from '../storage/storage.ts'
import { arrivalStore } from './arrival-store.ts'
import type { Claimed, Mapping, Provider, ProviderId, ProviderSettings, SsoIdentity } from './provider.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

const providers = pgTable('sso_providers', {
  id: uuid().primaryKey().$type<ProviderId>(),
  name: text().notNull(),
  settings: jsonb().notNull().$type<ProviderSettings>(),
  secret: text(),
  ownKey: text('own_key'),
  ownCertificate: text('own_certificate'),
  createPeople: boolean('create_people').notNull(),
  linkByEmail: boolean('link_by_email').notNull(),
  trustEmail: boolean('trust_email').notNull(),
  keepsSignIn: boolean('keep_sign_in').notNull(),
  shown: boolean().notNull(),
  mapping: jsonb().notNull().$type<Mapping>(),
  enforced: boolean().notNull(),
  testedAt: moment('tested_at'),
  testedBy: uuid('tested_by').$type<UserId>(),
  createdAt: moment('created_at').notNull(),
  updatedAt: moment('updated_at').notNull(),
})

const domains = pgTable('sso_domains', {
  domain: text().primaryKey(),
  providerId: uuid('provider_id').notNull().$type<ProviderId>(),
})

const identities = pgTable('sso_identities', {
  providerId: uuid('provider_id').notNull().$type<ProviderId>(),
  issuer: text().notNull(),
  subject: text().notNull(),
  userId: uuid('user_id').notNull().$type<UserId>(),
  createdAt: moment('created_at').notNull(),
})

const { secret, ...plainColumns } = {
  id: providers.id,
  name: providers.name,
  settings: providers.settings,
  secret: providers.secret,
  ownCertificate: providers.ownCertificate,
  createPeople: providers.createPeople,
  linkByEmail: providers.linkByEmail,
  trustEmail: providers.trustEmail,
  keepsSignIn: providers.keepsSignIn,
  shown: providers.shown,
  mapping: providers.mapping,
  enforced: providers.enforced,
  testedAt: providers.testedAt,
  testedBy: providers.testedBy,
  createdAt: providers.createdAt,
  updatedAt: providers.updatedAt,
}
/** Inside a subquery the outer row must be named in full. */
const outer = sql.raw('sso_providers.id')
const columns = {
  ...plainColumns,
  hasSecret: sql<boolean>`${secret} IS NOT NULL`,
  domains: sql<string[]>`array(select d.domain from ${domains} d where d.provider_id = ${outer} order by 1)`,
}

type Row = Omit<Provider, 'testedAt' | 'testedBy' | 'ownCertificate'> & {
  testedAt: Date | null
  testedBy: UserId | null
  ownCertificate: string | null
}
const toProvider = (row: Row): Provider => ({
  ...row,
  testedAt: row.testedAt ?? undefined,
  testedBy: row.testedBy ?? undefined,
  ownCertificate: row.ownCertificate ?? undefined,
})

/** `secret` is sealed; undefined leaves it as it is, null takes it away. */
export type ProviderRow = Omit<Provider, 'hasSecret' | 'ownCertificate'>
export type SsoStore = ReturnType<typeof ssoStore>

export function ssoStore(db: Db) {
  return { ...providerStore(db), ...ownKeyStore(db), ...identityStore(db), ...arrivalStore(db) }
}

function providerStore(db: Db) {
  return {
    async list(): Promise<Provider[]> {
      const rows = await db.select(columns).from(providers).orderBy(asc(providers.id))
      return rows.map(toProvider)
    },
    async find(id: ProviderId): Promise<Provider | undefined> {
      const [row] = await db.select(columns).from(providers).where(eq(providers.id, id))
      return row === undefined ? undefined : toProvider(row)
    },
    async ofDomain(domain: string): Promise<Provider | undefined> {
      const [row] = await db
        .select(columns)
        .from(providers)
        .innerJoin(domains, eq(domains.providerId, providers.id))
        .where(eq(domains.domain, domain))
      return row === undefined ? undefined : toProvider(row)
    },
    async sealedSecret(id: ProviderId): Promise<string | undefined> {
      const [row] = await db.select({ secret }).from(providers).where(eq(providers.id, id))
      return row?.secret ?? undefined
    },
    insert: (provider: ProviderRow, sealed: string | undefined): Promise<Written> =>
      written(async () =>
        db.transaction(async (tx) => {
          const { domains: names, ...row } = provider
          await tx
            .insert(providers)
            .values({ ...row, testedAt: null, testedBy: null, secret: sealed ?? null })
          await putDomains(tx, provider.id, names)
          return true
        }),
      ),
    update: (provider: ProviderRow, sealed: string | null | undefined): Promise<Written> =>
      written(async () =>
        db.transaction(async (tx) => {
          const { id, domains: names, createdAt: _, testedAt, testedBy, ...row } = provider
          const done = await tx
            .update(providers)
            .set({
              ...row,
              testedAt: testedAt ?? null,
              testedBy: testedBy ?? null,
              ...(sealed === undefined ? {} : { secret: sealed }),
            })
            .where(eq(providers.id, id))
            .returning({ id: providers.id })
          await tx.delete(domains).where(eq(domains.providerId, id))
          if (done.length > 0) await putDomains(tx, id, names)
          return done.length > 0
        }),
      ),
    async recordTest(id: ProviderId, since: Date, test: { at: Date; by: UserId }): Promise<boolean> {
      const done = await db
        .update(providers)
        .set({ testedAt: test.at, testedBy: test.by })
        .where(and(eq(providers.id, id), eq(providers.updatedAt, since)))
        .returning({ id: providers.id })
      return done.length > 0
    },
    async remove(id: ProviderId): Promise<boolean> {
      return (
        (await db.delete(providers).where(eq(providers.id, id)).returning({ id: providers.id })).length > 0
      )
    },
  }
}

/** Our own keys at SAML providers. */
function ownKeyStore(db: Db) {
  return {
    async ownKeys(id: ProviderId): Promise<{ sealed: string; certificate: string } | undefined> {
      const [row] = await db
        .select({ sealed: providers.ownKey, certificate: providers.ownCertificate })
        .from(providers)
        .where(eq(providers.id, id))
      const { sealed, certificate } = row ?? {}
      return sealed && certificate ? { sealed, certificate } : undefined
    },
    /** Where there are none yet. */
    async putOwnKeys(id: ProviderId, keys: { sealed: string; certificate: string }): Promise<void> {
      await db
        .update(providers)
        .set({ ownKey: keys.sealed, ownCertificate: keys.certificate })
        .where(and(eq(providers.id, id), isNull(providers.ownKey)))
    },
  }
}

function identityStore(db: Db) {
  const of = (providerId: ProviderId, { issuer, subject }: Pick<Claimed, 'issuer' | 'subject'>) =>
    and(eq(identities.providerId, providerId), eq(identities.issuer, issuer), eq(identities.subject, subject))
  return {
    async personOf(
      providerId: ProviderId,
      who: Pick<Claimed, 'issuer' | 'subject'>,
    ): Promise<UserId | undefined> {
      const [row] = await db.select({ userId: identities.userId }).from(identities).where(of(providerId, who))
      return row?.userId
    },
    /** False when this identity, or another of this person at the same issuer, is there already. */
    async connect(
      providerId: ProviderId,
      who: Pick<Claimed, 'issuer' | 'subject'>,
      o: { userId: UserId; at: Date },
    ): Promise<boolean> {
      const { issuer, subject } = who
      const added = await db
        .insert(identities)
        .values({ providerId, issuer, subject, userId: o.userId, createdAt: o.at })
        .onConflictDoNothing()
        .returning({ userId: identities.userId })
      return added.length > 0
    },
    /** Who a person is where, oldest first. */
    identitiesOf: (userId: UserId): Promise<SsoIdentity[]> =>
      db
        .select({
          providerId: identities.providerId,
          providerName: providers.name,
          issuer: identities.issuer,
          subject: identities.subject,
          createdAt: identities.createdAt,
        })
        .from(identities)
        .innerJoin(providers, eq(providers.id, identities.providerId))
        .where(eq(identities.userId, userId))
        .orderBy(asc(identities.createdAt), asc(identities.providerId)),
    /** Everybody who is this subject at an OpenID provider with this issuer. */
    async peopleOf({ issuer, subject }: Pick<Claimed, 'issuer' | 'subject'>): Promise<UserId[]> {
      const isOidc = sql`${providers.settings}->>'kind' = 'oidc'`
      const rows = await db
        .selectDistinct({ userId: identities.userId })
        .from(identities)
        .innerJoin(providers, eq(providers.id, identities.providerId))
        .where(and(eq(identities.issuer, issuer), eq(identities.subject, subject), isOidc))
      return rows.map(({ userId }) => userId)
    },
    /** The providers a person was disconnected from; of all, or of one. */
    async disconnect(userId: UserId, providerId: ProviderId | undefined): Promise<ProviderId[]> {
      const which = providerId === undefined ? undefined : eq(identities.providerId, providerId)
      const gone = await db
        .delete(identities)
        .where(and(eq(identities.userId, userId), which))
        .returning({ providerId: identities.providerId })
      return [...new Set(gone.map((row) => row.providerId))]
    },
  }
}

export type Written = 'done' | 'missing' | 'name-taken' | 'domain-taken'

async function written(run: () => Promise<boolean>): Promise<Written> {
  try {
    return (await run()) ? 'done' : 'missing'
  } catch (error) {
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      const { code, constraint } = at as { code?: string; constraint?: string }
      if (code === '23505' && constraint === 'sso_providers_name') return 'name-taken'
      if (code === '23505' && constraint === 'sso_domains_pkey') return 'domain-taken'
    }
    throw error
  }
}

async function putDomains(
  tx: Pick<Db, 'insert'>,
  providerId: ProviderId,
  names: readonly string[],
): Promise<void> {
  if (names.length > 0) await tx.insert(domains).values(names.map((domain) => ({ domain, providerId })))
}
