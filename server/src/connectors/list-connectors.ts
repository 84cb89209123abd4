import { administers, type Caller } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import { can } from '../kernel/route.ts'
import { type Connectors, compareKeys, isVisible, sortKey } from './connectors.ts'
import type { ConnectorRecord } from './store.ts'

export type ListRequest = {
  readonly query?: string | undefined
  /** Left out: all for who may read connectors, else what the caller may use. */
  readonly scope?: 'accessible' | 'all' | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

type Sources = {
  readonly connectors: Pick<Connectors, 'list'>
  mayUse(caller: Caller, connector: Connector): boolean
}

/** One page of what the caller may know of, by name. A cursor names a place in that order, so it survives changes. */
export function listConnectors(
  sources: Sources,
  caller: Caller,
  request: ListRequest,
): { records: ConnectorRecord[]; next: string | null } {
  const everything = can(caller, 'connectors.read')
  if (request.scope === 'all' && !everything) {
    throw new GatewayError(
      'not-allowed',
      'Listing all connectors needs a role that may read connectors; use scope=accessible.',
    )
  }
  const all = (request.scope ?? (everything ? 'all' : 'accessible')) === 'all'
  const after = request.cursor === undefined ? undefined : readCursor(request.cursor)
  const words = (request.query ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const found = sources.connectors
    .list()
    .filter(
      (record) =>
        (after === undefined || compareKeys(sortKey(record), after) > 0) &&
        fits(record, words) &&
        (all
          ? isVisible(caller, record, sources.mayUse)
          : administers(caller, record.id) || (record.status === 'active' && sources.mayUse(caller, record))),
    )
  const records = found.slice(0, request.limit)
  const last = records.at(-1)
  const more = found.length > records.length && last !== undefined
  return { records, next: more ? Buffer.from(sortKey(last)).toString('base64url') : null }
}

function fits(record: ConnectorRecord, words: readonly string[]): boolean {
  const text = `${record.name} ${record.slug} ${record.description}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (key.includes('\0')) return key
  const msg = 'This cursor did not come from next_cursor of this list.'
  throw new GatewayError('invalid-field', 'The cursor is not valid.', {
    errors: [{ loc: 'query.cursor', rule: 'cursor', msg }],
  })
}
