import type { Allowed, Answered, Cleared, Screened } from '../../kernel/call.ts'
import type { Step } from './step.ts'

/** Looks at a permitted call before it runs; may return it with masked arguments, or throw. */
export type InputScreen = (call: Allowed) => Allowed | Promise<Allowed>
/** Looks at an answer before the client gets it; may return it with masked content, or throw. */
export type OutputScreen = (call: Answered) => Answered | Promise<Answered>

/** The door for guards on the way in, in order. With none a call is screened by having passed policy. */
export function screenInput(screens: readonly InputScreen[]): Step<Allowed, Screened> {
  const done = (call: Allowed): Screened => ({ ...call, screened: true })
  return (call) => {
    const seen = through(screens, call)
    return seen instanceof Promise ? seen.then(done) : done(seen)
  }
}

/** The door for guards on the way out, in order. */
export function screenOutput(screens: readonly OutputScreen[]): Step<Answered, Cleared> {
  const done = (call: Answered): Cleared => ({ ...call, cleared: true })
  return (call) => {
    const seen = through(screens, call)
    return seen instanceof Promise ? seen.then(done) : done(seen)
  }
}

/** One screen after the other. Most look at short texts and answer at once; only those that take their time are waited for. */
function through<Call>(
  screens: readonly ((call: Call) => Call | Promise<Call>)[],
  call: Call,
  from = 0,
): Call | Promise<Call> {
  let current = call
  for (let at = from; at < screens.length; at++) {
    const screen = screens[at]
    if (screen === undefined) break
    const next = screen(current)
    if (next instanceof Promise) return next.then((seen) => through(screens, seen, at + 1))
    current = next
  }
  return current
}
