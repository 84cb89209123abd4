import type { Connectors } from '../connectors/connectors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { Credential, RawObject } from '../kernel/call.ts'
import { credentialOwner } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { Upstreams, Watch } from '../kernel/upstream.ts'
import type { Log } from '../lib/log.ts'
import type { Policy } from '../policy/policy.ts'
import { factsOf } from './request-facts.ts'
import type { Requester } from './requester.ts'

/** Upstreams asked at once on behalf of streams that are open already; the other streams wait their turn. */
const maxAsking = 16
/** Streams judged in one go when anybody's rights may have changed; then calls have their turn. */
const portion = 100

export type WatchParts = {
  connectors: Pick<Connectors, 'find'>
  credentials: Pick<Credentials, 'attach'>
  policy: Pick<Policy, 'decide'>
  upstreams: Pick<Upstreams, 'watch'>
  log: Log
}

/** A stream open at the endpoint of one connector, which hears what the upstream tells. */
export type Hearer = {
  readonly serverId: ServerId
  /** Whose the stream is, as judged last, at this moment. */
  who(): Requester
  /** The legacy session it belongs to. */
  readonly session: string | undefined
  /** What it is to hear of at the time of asking, besides what it hears anyway. */
  resources(): readonly string[]
  readonly tasks?: readonly string[]
  onNotification(connector: Connector, method: string, params: RawObject): void
  /** The upstream gave the watch up. */
  onEnd(): void
  /** The connector was deleted or switched off, so there is no such endpoint any more. */
  onGone(): void
}

/** The watch of one stream: there while its person may see the connector, whatever changes meanwhile. */
export type KeptWatch = Watch & {
  /** Opens it, or opens it anew where the stream is to hear of something else. Rejects when the upstream cannot be watched. */
  open(): Promise<void>
}

export type Watches = {
  /** Nothing is asked yet: see `open`. Ends with `close`. */
  keep(stream: Hearer): KeptWatch
  /** Anybody's rights may have changed. */
  judgeAll(): Promise<void>
  /** A connector was changed or looked at. */
  judge(serverId: ServerId): void
  /** Somebody's credential for this connector changed; '*': for any. */
  renew(serverId: string): void
}

export function keepWatching(parts: WatchParts): Watches {
  const kept = new Set<Kept>()
  const turns = new Turns(parts.log)
  let round = 0
  return {
    keep(stream) {
      const watch = new Kept(parts, stream, { ask: (it) => turns.add(it), gone: (it) => kept.delete(it) })
      kept.add(watch)
      return watch
    },
    async judgeAll() {
      const mine = ++round
      for (const [at, watch] of [...kept].entries()) {
        if (at % portion === portion - 1) await new Promise((resolve) => setImmediate(resolve))
        // A newer round judges them all.
        if (round !== mine) return
        watch.judge()
      }
    },
    judge(serverId) {
      for (const watch of [...kept]) if (watch.serverId === serverId) watch.judge()
    },
    renew(serverId) {
      for (const watch of kept) if (serverId === '*' || watch.serverId === serverId) turns.add(watch)
    },
  }
}

/** What is watched, or about to be: a watch that opens under another hold than the latest is closed at once. */
type Hold = { readonly connector: Connector; readonly credential: Credential; watch: Watch | undefined }

type Around = { ask(watch: Kept): void; gone(watch: Kept): void }

class Kept implements KeptWatch {
  readonly #parts: WatchParts
  readonly #stream: Hearer
  readonly #around: Around
  #hold: Hold | undefined
  #isClosed = false

  constructor(parts: WatchParts, stream: Hearer, around: Around) {
    this.#parts = parts
    this.#stream = stream
    this.#around = around
  }

  get serverId(): ServerId {
    return this.#stream.serverId
  }

  /** Ends what is not right any more at once, and has opened what is missing in turn. */
  judge(): void {
    if (this.#isClosed) return
    const connector = this.#parts.connectors.find(this.serverId)
    if (connector?.status !== 'active') {
      this.close()
      this.#stream.onGone()
      return
    }
    const isSeen = this.#sees(connector)
    // While the rules cannot be read nothing is told, and what is right will be known soon.
    if (isSeen === undefined) return
    if (!isSeen || this.#hold?.connector.revision !== connector.revision) this.#drop()
    // An upstream that fails is asked again once a look at it found it well.
    if (isSeen && this.#hold === undefined && connector.health.state !== 'failing') this.#around.ask(this)
  }

  open(): Promise<void> {
    return this.#open(() => false)
  }

  /** Opens it, unless it is open as it should be. */
  renew(): Promise<void> {
    return this.#open(
      (connector, credential) =>
        this.#hold?.connector.revision === connector.revision &&
        this.#hold.credential.owner === credential.owner &&
        this.#hold.credential.revision === credential.revision,
    )
  }

  close(): void {
    this.#isClosed = true
    this.#drop()
    this.#around.gone(this)
  }

  async #open(isRight: (connector: Connector, credential: Credential) => boolean): Promise<void> {
    const connector = this.#seen()
    if (connector === undefined) return
    const credential = await this.#attach(connector)
    // Rights and settings may have changed while the credential was read; a change of settings asks again by itself.
    if (this.#seen()?.revision !== connector.revision || isRight(connector, credential)) return
    this.#drop()
    const mine: Hold = { connector, credential, watch: undefined }
    this.#hold = mine
    try {
      const watch = await this.#watch(mine)
      if (this.#hold === mine) mine.watch = watch
      else watch.close()
    } catch (thrown) {
      if (this.#hold === mine) this.#hold = undefined
      throw thrown
    }
  }

  async #attach(connector: Connector): Promise<Credential> {
    try {
      return await this.#parts.credentials.attach(
        connector,
        credentialOwner(this.#stream.who().caller, connector.id),
      )
    } catch (thrown) {
      // Whoever took their own values or sign-in back is not listened for with them.
      if (thrown instanceof GatewayError && thrown.reason === 'needs-connection') this.#drop()
      throw thrown
    }
  }

  #watch(hold: Hold): Promise<Watch> {
    const stream = this.#stream
    const { caller, client } = stream.who()
    const { connector, credential } = hold
    return this.#parts.upstreams.watch({
      connector,
      credential,
      lane: { principal: caller.id, session: stream.session, exclusive: false },
      capabilities: client.capabilities,
      resources: stream.resources(),
      tasks: stream.tasks ?? [],
      onNotification: (method, params) => {
        if (this.#hold === hold) stream.onNotification(connector, method, params)
      },
      onEnd: () => {
        if (this.#hold !== hold) return
        this.#hold = undefined
        stream.onEnd()
      },
    })
  }

  #drop(): void {
    const hold = this.#hold
    this.#hold = undefined
    hold?.watch?.close()
  }

  /** The connector, where this person may see it now. */
  #seen(): Connector | undefined {
    const connector = this.#isClosed ? undefined : this.#parts.connectors.find(this.serverId)
    return connector?.status === 'active' && this.#sees(connector) === true ? connector : undefined
  }

  /** As a list would judge it; undefined while the rules cannot be read. */
  #sees(connector: Connector): boolean | undefined {
    const who = this.#stream.who()
    try {
      const question = { connector, kind: 'server', name: '', phase: 'list', args: undefined } as const
      return this.#parts.policy.decide(who.caller, { ...question, facts: factsOf(who) }).effect === 'allow'
    } catch (thrown) {
      if (thrown instanceof GatewayError) return undefined
      throw thrown
    }
  }
}

/** Who waits for an upstream to be asked: each once, the first first. */
class Turns {
  readonly #waiting = new Set<Kept>()
  readonly #log: Log
  #asking = 0

  constructor(log: Log) {
    this.#log = log
  }

  add(watch: Kept): void {
    this.#waiting.add(watch)
    this.#next()
  }

  #next(): void {
    for (const watch of this.#waiting) {
      if (this.#asking >= maxAsking) return
      this.#waiting.delete(watch)
      this.#asking++
      void this.#ask(watch)
    }
  }

  async #ask(watch: Kept): Promise<void> {
    try {
      await watch.renew()
    } catch (thrown) {
      this.#log.debug({ err: thrown, connector: watch.serverId }, 'an upstream could not be watched')
    }
    this.#asking--
    this.#next()
  }
}
