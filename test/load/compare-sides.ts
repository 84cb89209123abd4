import { closeSessions, drive, openSessions, quantile, type Target, warm } from './drive.ts'
import { cpuSeconds } from './process-cost.ts'

/** One of two things to compare: where its calls go, and the process that serves them. */
export type Side = { readonly name: string; readonly target: Target; readonly pid: number }

export type Comparison = {
  readonly connections: number
  readonly pairs: number
  readonly longestWarmSeconds: number
  /** The throughput of the second side that is wanted, of that of the first. */
  readonly bar: number
  /** Stores what a round left behind, so that the next begins with nothing. */
  land?(side: Side): Promise<unknown>
}

const seconds = 1

/**
 * Two sides in pairs of short rounds. One pair wavers by a tenth with the machine: the median of the pairs has the bar. Like
 * the ratios of `npm run bench` it is a figure to read, so a missed bar is said and fails nothing; failed calls do.
 */
export async function compareSides(one: Side, other: Side, of: Comparison): Promise<void> {
  const sides = [one, other] as const
  const sessions = new Map<Side, Awaited<ReturnType<typeof openSessions>>>()
  for (const side of sides) {
    const opened = await openSessions(side.target, of.connections)
    sessions.set(side, opened)
    await warm(side.target, opened, of.longestWarmSeconds)
    await of.land?.(side)
  }
  const figuresOf = async (side: Side) => {
    const before = cpuSeconds(side.pid)
    const done = await drive(side.target, sessions.get(side) ?? [], { seconds })
    if (done.errors > 0) throw new Error(`${done.errors} calls failed: ${done.firstError}`)
    const micros = ((cpuSeconds(side.pid) - before) * 1e6) / done.calls
    await of.land?.(side)
    return { rate: done.perSecond, micros }
  }
  const ratios: number[] = []
  const costs: number[] = []
  for (let round = 0; round < of.pairs; round++) {
    // Now the one, now the other first, so that a machine that warms up or tires favours neither.
    const isOneFirst = round % 2 === 0
    const first = await figuresOf(isOneFirst ? one : other)
    const second = await figuresOf(isOneFirst ? other : one)
    const [a, b] = isOneFirst ? [first, second] : [second, first]
    ratios.push(b.rate / a.rate)
    costs.push(b.micros / a.micros)
    console.log(
      `${one.name} ${a.rate.toFixed(0)}/s ${a.micros.toFixed(0)} µs  ${other.name} ${b.rate.toFixed(0)}/s ${b.micros.toFixed(0)} µs`,
    )
  }
  for (const opened of sessions.values()) closeSessions(opened)
  const ratio = quantile(ratios, 0.5)
  const spread = [0.25, 0.75].map((share) => quantile(ratios, share).toFixed(3)).join(' to ')
  const names = `${other.name}/${one.name}`
  console.log(`${names} CPU per call ${quantile(costs, 0.5).toFixed(3)}`)
  console.log(
    `${ratio >= of.bar ? 'ok    ' : 'MISSED'} ${names} throughput at ${of.connections} connections ${ratio.toFixed(3)}, at least ${of.bar.toFixed(2)}; median of ${of.pairs} pairs, the middle half of them ${spread}`,
  )
}
