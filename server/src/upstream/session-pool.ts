import type { Credential } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Lane, UpstreamRequest } from '../kernel/upstream.ts'
import type { Caps } from './caps.ts'
import { failure } from './explain-failure.ts'
import type { Peer, Session } from './session.ts'

/** One place for a session: opening, open or ended. `running` counts calls, `watching` those who listen. */
export type Slot = {
  readonly peer: Peer
  readonly lane: Lane
  readonly group: Group
  bucket: Slot[]
  readonly opening: Promise<Session>
  session: Session | undefined
  running: number
  watching: number
  leased: boolean
  retired: boolean
  lastUsedAt: number
}

/** Everything opened for one connector revision, credential and set of capabilities. */
type Group = { readonly key: string; stateless: boolean; readonly buckets: Map<string, Slot[]> }

export type Wanted = Pick<UpstreamRequest, 'connector' | 'credential' | 'lane' | 'capabilities'>

/** Where everybody finds a stateless session. */
const everybody = '*'

/**
 * Which session serves which request (design.md §3). A slot is found by connector and its revision, credential and its
 * revision, capabilities, person and the person's own session: nothing of one person ever reaches another (T19).
 */
export class SessionPool {
  readonly #groups = new Map<string, Group>()
  /** The group a credential was used with last: nearly always the one that is wanted again. */
  readonly #lastGroups = new WeakMap<
    Credential,
    Pick<Wanted, 'connector' | 'capabilities'> & { group: Group }
  >()
  /** Slots that count against the caps. */
  readonly #counted = new Map<ServerId, Set<Slot>>()
  readonly #slots = new Set<Slot>()
  readonly #capabilityKeys = new WeakMap<JsonObject, string>()
  readonly #caps: Caps
  readonly #now: () => number
  readonly #open: (peer: Peer, principal: string) => Promise<Session>
  #onQuiet: (() => void) | undefined

  constructor(o: { caps: Caps; now: () => number; open(peer: Peer, principal: string): Promise<Session> }) {
    this.#caps = o.caps
    this.#now = o.now
    this.#open = o.open
  }

  /** A slot whose session may serve this request, counted as running: release it. Throws busy when a cap is reached. */
  lease(wanted: Wanted): Slot {
    const group = this.#groupOf(wanted)
    const { lane } = wanted
    const laneKey = group.stateless ? everybody : `${lane.principal} ${lane.session ?? '-'}`
    let bucket = group.buckets.get(laneKey)
    if (bucket === undefined) {
      bucket = []
      group.buckets.set(laneKey, bucket)
    }
    const slot = pick(bucket, lane.exclusive && !group.stateless) ?? this.#add(group, bucket, wanted)
    slot.running++
    if (lane.exclusive && !group.stateless) slot.leased = true
    return slot
  }

  release(slot: Slot, exclusive: boolean): void {
    slot.running--
    if (exclusive) slot.leased = false
    slot.lastUsedAt = this.#now()
    if (slot.running > 0) return
    if (slot.retired || slot.session?.ended === true) this.#end(slot)
    if (this.#onQuiet !== undefined && this.#isQuiet()) this.#onQuiet()
  }

  /** Turns a leased slot into a listened one: the session lives on, but no call waits for it. */
  listen(slot: Slot): void {
    slot.watching++
    this.release(slot, false)
  }

  unlisten(slot: Slot): void {
    slot.watching--
    slot.lastUsedAt = this.#now()
  }

  #groupOf(wanted: Wanted): Group {
    const { connector, credential, capabilities } = wanted
    const last = this.#lastGroups.get(credential)
    if (
      last?.connector === connector &&
      last.capabilities === capabilities &&
      this.#groups.get(last.group.key) === last.group
    )
      return last.group
    const key = `${connector.id} ${connector.revision} ${credential.owner} ${credential.revision} ${this.#capabilityKey(capabilities)}`
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = { key, stateless: false, buckets: new Map() }
      this.#groups.set(key, group)
    }
    this.#lastGroups.set(credential, { connector, capabilities, group })
    return group
  }

  #capabilityKey(capabilities: JsonObject): string {
    let key = this.#capabilityKeys.get(capabilities)
    if (key === undefined) {
      key = JSON.stringify(capabilities)
      this.#capabilityKeys.set(capabilities, key)
    }
    return key
  }

  #add(group: Group, bucket: Slot[], wanted: Wanted): Slot {
    const { connector, credential, capabilities, lane } = wanted
    if (!group.stateless) this.#makeRoom(wanted)
    const peer: Peer = { connector, credential, capabilities }
    const opening = this.#open(peer, lane.principal)
    const slot: Slot = {
      peer,
      lane,
      group,
      bucket,
      opening,
      session: undefined,
      running: 0,
      watching: 0,
      leased: false,
      retired: false,
      lastUsedAt: this.#now(),
    }
    bucket.push(slot)
    this.#slots.add(slot)
    if (!group.stateless) this.#countedOf(connector.id).add(slot)
    opening.then(
      (session) => this.#opened(slot, session),
      () => this.#remove(slot),
    )
    return slot
  }

  #opened(slot: Slot, session: Session): void {
    slot.session = session
    if (session.stateless) this.#share(slot)
    if (slot.running === 0 && slot.retired) this.#end(slot)
  }

  /** A stateless session leaves its lane: everybody with this credential uses it, and it counts against no cap. */
  #share(slot: Slot): void {
    const { group } = slot
    group.stateless = true
    this.#counted.get(slot.peer.connector.id)?.delete(slot)
    const shared = group.buckets.get(everybody)
    if (shared === slot.bucket) return
    take(slot.bucket, slot)
    slot.bucket = shared ?? []
    slot.bucket.push(slot)
    group.buckets.set(everybody, slot.bucket)
    slot.leased = false
  }

  #countedOf(serverId: ServerId): Set<Slot> {
    let slots = this.#counted.get(serverId)
    if (slots === undefined) {
      slots = new Set()
      this.#counted.set(serverId, slots)
    }
    return slots
  }

  /** Idle sessions are the first to go; when all work, the newcomer has to wait. */
  #makeRoom(wanted: Wanted): void {
    const { connector, lane } = wanted
    const slots = this.#countedOf(connector.id)
    const hosted = connector.transport === 'stdio'
    const perConnector = hosted ? this.#caps.processesPerConnector : this.#caps.sessionsPerConnector
    const perPrincipal = hosted ? this.#caps.processesPerPrincipal : this.#caps.sessionsPerPrincipal
    const own = [...slots].filter((slot) => slot.lane.principal === lane.principal)
    if (own.length >= perPrincipal) this.#endIdlest(own, connector, 'this person')
    else if (slots.size >= perConnector) this.#endIdlest(slots, connector, 'the connector')
  }

  #endIdlest(slots: Iterable<Slot>, connector: Wanted['connector'], whose: string): void {
    let idlest: Slot | undefined
    for (const slot of slots) {
      if (
        slot.running === 0 &&
        slot.watching === 0 &&
        (idlest === undefined || slot.lastUsedAt < idlest.lastUsedAt)
      )
        idlest = slot
    }
    if (idlest === undefined)
      throw failure(connector, 'busy', `has as many sessions at work as ${whose} may have.`)
    this.#end(idlest)
  }

  #remove(slot: Slot): void {
    slot.retired = true
    take(slot.bucket, slot)
    this.#slots.delete(slot)
    const counted = this.#counted.get(slot.peer.connector.id)
    if (counted?.delete(slot) === true && counted.size === 0) this.#counted.delete(slot.peer.connector.id)
    if (slot.bucket.length > 0) return
    const { group } = slot
    for (const [key, bucket] of group.buckets) if (bucket.length === 0) group.buckets.delete(key)
    if (group.buckets.size === 0) this.#groups.delete(group.key)
  }

  #end(slot: Slot): void {
    this.#remove(slot)
    slot.session?.end()
  }

  /** No new request gets this slot; it ends with its last one. */
  retire(slot: Slot): void {
    slot.retired = true
    slot.group.stateless = false
    if (slot.running === 0) this.#end(slot)
    else take(slot.bucket, slot)
  }

  endSession(sessionKey: string): void {
    for (const slot of [...this.#slots])
      if (slot.lane.session === sessionKey && slot.session?.stateless !== true) this.#end(slot)
  }

  /** Running calls of a changed connector may finish; new ones open anew. */
  forget(serverId: ServerId): void {
    for (const slot of [...this.#slots]) if (slot.peer.connector.id === serverId) this.retire(slot)
  }

  /** Ends what nobody used for long. */
  sweep(): void {
    const before = this.#now() - this.#caps.sessionIdleMs
    for (const slot of [...this.#slots]) {
      if (slot.running > 0) continue
      if (slot.session?.ended === true || (slot.watching === 0 && slot.lastUsedAt < before)) this.#end(slot)
    }
  }

  /** How many sessions are open or opening, for metrics and tests. */
  get size(): number {
    return this.#slots.size
  }

  #isQuiet(): boolean {
    for (const slot of this.#slots) if (slot.running > 0) return false
    return true
  }

  /** Resolves when no call runs. */
  quiet(): Promise<void> {
    if (this.#isQuiet()) return Promise.resolve()
    return new Promise((done) => {
      this.#onQuiet = done
    })
  }

  endAll(): void {
    for (const slot of [...this.#slots]) this.#end(slot)
  }
}

/** Shared: any slot nobody holds alone. Exclusive: one that is open and idle. */
function pick(bucket: readonly Slot[], exclusive: boolean): Slot | undefined {
  for (const slot of bucket) {
    if (slot.retired || slot.leased || slot.session?.ended === true) continue
    if (!exclusive || slot.running === 0) return slot
  }
  return undefined
}

function take(bucket: Slot[], slot: Slot): void {
  const at = bucket.indexOf(slot)
  if (at !== -1) bucket.splice(at, 1)
}

/** The session of a leased slot, once open, unless the caller leaves first. */
export function sessionOf(slot: Slot, signal: AbortSignal | undefined): Session | Promise<Session> {
  if (slot.session !== undefined) return slot.session
  if (signal === undefined) return slot.opening
  return new Promise((done, fail) => {
    const leave = () => fail(new GatewayError('call-lost', 'The call was cancelled by its client.'))
    signal.addEventListener('abort', leave, { once: true })
    slot.opening.then(done, fail).finally(() => signal.removeEventListener('abort', leave))
  })
}
