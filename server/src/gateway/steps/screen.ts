import type { Allowed, Answered, Cleared, Screened } from '../../kernel/call.ts'
import type { Step } from './step.ts'

/** Looks at a permitted call before it runs; may return it with masked arguments, or throw. */
export type InputScreen = (call: Allowed) => Allowed | Promise<Allowed>
/** Looks at an answer before the client gets it; may return it with masked content, or throw. */
export type OutputScreen = (call: Answered) => Answered | Promise<Answered>

/** The door for guards on the way in, in order. With none a call is screened by having passed policy. */
export function screenInput(screens: readonly InputScreen[]): Step<Allowed, Screened> {
  if (screens.length === 0) return (call) => ({ ...call, screened: true })
  return async (call) => {
    let current = call
    for (const screen of screens) current = await screen(current)
    return { ...current, screened: true }
  }
}

/** The door for guards on the way out, in order. */
export function screenOutput(screens: readonly OutputScreen[]): Step<Answered, Cleared> {
  if (screens.length === 0) return (call) => ({ ...call, cleared: true })
  return async (call) => {
    let current = call
    for (const screen of screens) current = await screen(current)
    return { ...current, cleared: true }
  }
}
