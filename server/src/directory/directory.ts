import type { Identity } from '../identity/identity.ts'
import type { Journal } from '../kernel/entry.ts'
import type { Log } from '../lib/log.ts'
import type { Db } from '../storage/storage.ts'
import { keepTokens, type ProvisioningTokens } from './keep-tokens.ts'
import { type Provisioning, provisioning } from './serve-scim.ts'
import { directoryStore } from './store.ts'
import type { OffBoarding } from './sync-people.ts'
import { tokenStore } from './token-store.ts'

/** A company's directory (Entra ID, Okta, …) keeps people and groups in step by SCIM 2.0 (RFC 7643, RFC 7644). */
export type Directory = {
  readonly tokens: ProvisioningTokens
  /** The front door of SCIM: its own credential, its own language. */
  readonly provisioning: Provisioning
  /** How many people and groups come from a directory. */
  counts(): Promise<{ people: number; groups: number }>
}

export type DirectoryParts = {
  db: Db
  keyring: { derive(label: string): Buffer }
  identity: Pick<Identity, 'people' | 'groups'>
  offBoarding: OffBoarding
  journal: Journal
  onFailed(facts: { ip: string; reason: string; requestId: string }): void
  publicUrl: URL
  now: () => number
  log: Log
}

export function openDirectory(parts: DirectoryParts): Directory {
  const { db, keyring, now } = parts
  const rows = tokenStore(db)
  const store = directoryStore(db)
  const tokens = keepTokens({
    store: rows,
    hashKey: keyring.derive('provisioning-token'),
    onFailed: parts.onFailed,
    now,
  })
  return {
    tokens,
    provisioning: provisioning({ ...parts, tokens, rows, store }),
    counts: store.counts,
  }
}
