import { createHash } from 'node:crypto'
import type { Connector } from '../kernel/connector.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import { type Place, type Roster, rosterOf } from './connector-roster.ts'

/** On which connectors of the roster one person may use anything: a bit each, for all numbers below `size`. */
type Decided = {
  readonly generation: number
  readonly edition: number
  readonly size: number
  readonly bits: Uint8Array
  /** Names who asks and all that is allowed. */
  readonly key: string
}

export type Allowed = {
  readonly roster: Roster
  has(place: Place): boolean
  /** Names who asks and all that is allowed; undefined where that changes with time. */
  readonly key: string | undefined
}

type Ask = {
  /** Names all that decisions go by besides the connector; without it nothing is remembered. */
  readonly listKey: string | undefined
  isAllowed(connector: Connector): boolean
}

/** So many people's are remembered, a bit for each connector. */
const maxPeople = 2_000

/** What was decided about connectors for each person. Only those that are new or changed their settings are decided again. */
export class AllowedConnectors {
  readonly #byKey = new BoundedCache<Decided>(maxPeople)
  #list: readonly Connector[] | undefined
  #roster = rosterOf([])

  /** Of the active hosted ones. `list` is another one as soon as any connector changes, its health included. */
  of(list: readonly Connector[], ask: Ask): Allowed {
    if (list !== this.#list) this.#roster = rosterOf(list.filter(isOpen), this.#roster)
    this.#list = list
    const { listKey } = ask
    const known = listKey === undefined ? undefined : this.#byKey.get(listKey)
    const decided = decide(this.#roster, known, ask)
    if (listKey !== undefined && decided !== known) this.#byKey.set(listKey, decided)
    return allowedBy(this.#roster, decided, listKey)
  }

  /** What is kept of one person in memory, in bytes. */
  bytesOf(listKey: string): number {
    const known = this.#byKey.get(listKey)
    return known === undefined ? 0 : listKey.length + known.key.length + known.bits.byteLength
  }
}

/** The same for one connector alone, whatever its status; nothing is remembered. */
export function allowedOne(connector: Connector, ask: Ask): Allowed {
  const roster = rosterOf([connector])
  return allowedBy(roster, decide(roster, undefined, ask), ask.listKey)
}

function allowedBy(roster: Roster, { bits, key }: Decided, listKey: string | undefined): Allowed {
  return {
    roster,
    has: ({ number }) => hasBit(bits, number),
    key: listKey === undefined ? undefined : key,
  }
}

function decide(roster: Roster, known: Decided | undefined, ask: Ask): Decided {
  const { generation, edition, size } = roster
  const before = known?.generation === generation ? known : undefined
  if (before?.edition === edition) return before
  const bits = new Uint8Array(Math.ceil(size / 8))
  if (before !== undefined) bits.set(before.bits)
  for (const { connector, number } of roster.places) {
    if (number < (before?.size ?? 0) || !ask.isAllowed(connector)) continue
    bits[number >> 3] = (bits[number >> 3] ?? 0) | (1 << (number & 7))
  }
  return { generation, edition, size, bits, key: keyOf(roster, bits, ask.listKey ?? '') }
}

function hasBit(bits: Uint8Array, number: number): boolean {
  return ((bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0
}

function keyOf({ places }: Roster, bits: Uint8Array, listKey: string): string {
  const text = places.map(({ connector, number }) =>
    hasBit(bits, number) ? ` ${connector.id} ${connector.revision}` : '',
  )
  return createHash('sha256').update(listKey).update(text.join('')).digest('base64')
}

function isOpen({ status, kind }: Connector): boolean {
  return status === 'active' && kind === 'hosted'
}
