type Turn<Party> = { readonly party: Party | undefined; readonly work: () => Promise<void> }

/** Who may use the one engine session next. A party in the middle of a transaction holds it until it lets go. */
export type Turns<Party> = {
  /** Runs `work` when it is the party's turn, in order of asking. `work` must not reject. */
  ask(party: Party, work: () => Promise<void>): void
  /** Only this party is served from now on; undefined lets the others in again. */
  hold(party: Party | undefined): void
  holder(): Party | undefined
  /** Runs `work` between exchanges, outside every transaction. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** Serves nobody any more; resolves when the running turn is over. */
  stop(): Promise<void>
}

export type TurnsOptions<Party> = {
  /** A holder that did not continue for this long is reported once, because everybody waits for it. */
  idleHoldMs: number
  onIdleHold(party: Party): void
  onFatal(error: unknown): void
}

export function takeTurns<Party>(o: TurnsOptions<Party>): Turns<Party> {
  const queue: Turn<Party>[] = []
  let holder: Party | undefined
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let stopped = false

  const take = (): Turn<Party> | undefined => {
    if (holder === undefined) return queue.shift()
    const at = queue.findIndex((turn) => turn.party === holder)
    return at < 0 ? undefined : queue.splice(at, 1)[0]
  }
  const pump = () => {
    if (running !== undefined || stopped) return
    const turn = take()
    if (turn === undefined) return
    running = turn
      .work()
      .catch(o.onFatal)
      .finally(() => {
        running = undefined
        pump()
      })
  }
  const enqueue = (turn: Turn<Party>) => {
    queue.push(turn)
    pump()
  }
  return {
    ask: (party, work) => enqueue({ party, work }),
    hold(party) {
      clearTimeout(timer)
      holder = party
      if (party !== undefined) timer = setTimeout(() => o.onIdleHold(party), o.idleHoldMs)
    },
    holder: () => holder,
    alone: (work) =>
      new Promise((resolve, reject) => {
        enqueue({ party: undefined, work: () => work().then(resolve, reject) })
      }),
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
