import type { Decision } from '../kernel/decision.ts'
import type { ServerId } from '../kernel/ids.ts'

/** Tools that one person's clients call in turn; beyond it all are decided anew. */
const maxKept = 64

/**
 * Decisions about tools by rules without conditions, for one person and one state of the rules. A tool that is called
 * again and again is decided twice for each call (is it visible, may it run). Two maps, so that a look-up joins no key.
 */
export class KeptDecisions {
  readonly #byServer = new Map<ServerId, Map<string, Decision>>()
  #count = 0

  get(server: ServerId, tool: string): Decision | undefined {
    return this.#byServer.get(server)?.get(tool)
  }

  keep(server: ServerId, tool: string, decision: Decision): void {
    if (this.#count >= maxKept) {
      this.#byServer.clear()
      this.#count = 0
    }
    let tools = this.#byServer.get(server)
    if (tools === undefined) {
      tools = new Map()
      this.#byServer.set(server, tools)
    }
    if (!tools.has(tool)) this.#count++
    tools.set(tool, decision)
  }
}
