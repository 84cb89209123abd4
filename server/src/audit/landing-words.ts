import type pg from 'pg'
import type { Chain } from './build-rows.ts'

/** What the two sides of the landing's thread say to each other, and what it begins with. All of it is plain data. */
export type LandingSetup = {
  readonly dir: string
  readonly writer: string
  readonly firstSegment: number
  /** undefined for a thread that follows one that ended. */
  readonly chain: Chain | undefined
  readonly counters: SharedArrayBuffer
  readonly keys: LandingKeys
  readonly large: { readonly dir: string; readonly maxBytes: number }
  readonly connection: pg.PoolConfig
}

export type LandingKeys = { readonly heads: Uint8Array; readonly bodies: Uint8Array }

export type LandingAsk = { kind: 'flush'; id: number } | { kind: 'close' }

export type LandingSay =
  | { kind: 'ready' }
  | { kind: 'flushed'; id: number }
  | { kind: 'refusal'; id: number; error: string }
  /** Everything in the segments below is in the database. */
  | { kind: 'release'; below: number }
  | { kind: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string }
