/** Code mode: models write a short script against their tools, and only what it returns reaches their context. */
import { GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { type DeclaredTool, declareTool } from './declare-tool.ts'
import { runScript, type ScriptCall, type ScriptReport } from './run-script.ts'
import type { ScriptLimits } from './script-words.ts'
import { codeModeStore } from './store.ts'

export type { DeclaredTool } from './declare-tool.ts'
export type { ScriptCall, ScriptReport } from './run-script.ts'

export type CodeMode = {
  /** Whether the Runlayer Plugin offers run_code. */
  isEnabled(): boolean
  /** Holds from the next request here, within a second elsewhere. */
  setEnabled(enabled: boolean): Promise<void>
  readonly limits: ScriptLimits
  /** Runs one script to its end. Throws `rate-limited` or `busy` when too many run already. */
  run(script: { userId: UserId; code: string; signal: AbortSignal }, call: ScriptCall): Promise<ScriptReport>
  /** The TypeScript by which a script calls this tool. */
  declare(tool: DeclaredTool): string
  /** Ends what runs. */
  close(): Promise<void>
}

const standardLimits: ScriptLimits = {
  computeMs: 5_000,
  wallMs: 60_000,
  memoryBytes: 64 * 1024 * 1024,
  calls: 100,
  callsAtOnce: 8,
  argumentChars: 4 * 1024 * 1024,
  resultChars: 64 * 1024,
  logChars: 16 * 1024,
}
/** A thread and up to a hundred megabytes each. */
const scriptsAtOnce = 8
const scriptsPerPerson = 2

const topic = 'code_mode'

export async function openCodeMode(o: {
  db: Db
  bus: Bus
  now: () => number
  limits?: Partial<ScriptLimits>
}): Promise<CodeMode> {
  const store = codeModeStore(o.db)
  const limits = { ...standardLimits, ...o.limits }
  const running = new Map<Promise<ScriptReport>, UserId>()
  const ending = new AbortController()
  let enabled = await store.isEnabled()
  const stop = o.bus.on(topic, async () => {
    enabled = await store.isEnabled()
  })
  const takePlace = (userId: UserId) => {
    const mine = [...running.values()].filter((id) => id === userId).length
    if (mine >= scriptsPerPerson)
      throw new GatewayError('rate-limited', `You already have ${mine} scripts running, which is the limit.`)
    if (running.size >= scriptsAtOnce)
      throw new GatewayError('busy', 'Too many scripts run right now; try again in a moment.')
  }
  return {
    isEnabled: () => enabled,
    async setEnabled(next) {
      await store.setEnabled(next, new Date(o.now()))
      await o.bus.publish(topic, 'runlayer')
    },
    limits,
    async run({ userId, code, signal }, call) {
      takePlace(userId)
      const script = runScript({ code, limits }, call, AbortSignal.any([signal, ending.signal]))
      running.set(script, userId)
      try {
        return await script
      } finally {
        running.delete(script)
      }
    },
    declare: declareTool,
    async close() {
      stop()
      ending.abort()
      await Promise.all(running.keys())
    },
  }
}
