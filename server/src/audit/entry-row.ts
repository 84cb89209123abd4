import type pg from 'pg'

/** The part of the pool that is used. Plain SQL: the statements below are the hot path of the database. */
export type Pool = Pick<pg.Pool, 'query'>

/** A row as stored, without bodies. */
export type EntryRow = {
  id: string
  time: Date
  closed_at: Date | null
  action: string
  outcome: string
  actor_type: string
  actor_id: string
  actor_email: string | null
  proof: string | null
  request_id: string
  correlation_id: string
  server_id: string | null
  tool: string | null
  plugin_id: string | null
  resource_type: string | null
  resource_id: string | null
  client_name: string | null
  client_version: string | null
  ip: string | null
  via: string | null
  meta: string | null
  reason: string | null
  rules: string | null
  scans: string | null
  opened: string | null
  open_hashes: string | null
  close_hashes: string | null
  writer: string
  open_seq: number
  close_seq: number | null
  demo: boolean
}
export type BodyColumns = { open_bodies: string | null; close_bodies: string | null }

/** What a reader may see and asks for. `actorId` is both a filter and the fence around people without audit.read. */
export type EntryFilter = {
  equal: Partial<Record<EqualColumn, string>>
  /** Fence: only this actor's entries. */
  onlyActor: string | undefined
  fromMs: number | undefined
  toMs: number | undefined
  /** Only entries older than this id. */
  beforeId: string | undefined
  limit: number
}
export const equalColumns = [
  'action',
  'actor_id',
  'resource_type',
  'resource_id',
  'server_id',
  'plugin_id',
  'client_name',
  'correlation_id',
  'outcome',
  'proof',
] as const
export type EqualColumn = (typeof equalColumns)[number]

/** The smallest version 7 id of a millisecond. */
export function firstId(ms: number): string {
  const hex = Math.max(0, Math.trunc(ms)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`
}
