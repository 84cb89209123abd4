import { type CompiledPattern, compileDenied } from '../../server/src/guards/deny-patterns.ts'
import type { Screening } from '../../server/src/guards/guards.ts'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import {
  type OutsideModel,
  type OutsideModels,
  outsideModels,
} from '../../server/src/guards/outside-models.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'
import { guardScreens } from '../../server/src/guards/screen-calls.ts'
import { defaultSettings, type GuardSettings } from '../../server/src/guards/settings.ts'
import { watchFlow } from '../../server/src/guards/watch-flow.ts'
import { watchTrajectory } from '../../server/src/guards/watch-trajectory.ts'
import type { Allowed, Answered, ScanNote } from '../../server/src/kernel/call.ts'
import { GatewayError } from '../../server/src/kernel/errors.ts'
import type { GuardedFetch } from '../../server/src/lib/guarded-fetch.ts'
import { membersOf } from '../../server/src/lib/raw-json.ts'
import { quietLog } from './stores.ts'

type Given = {
  settings?: Partial<Omit<GuardSettings, 'actions'>> & { actions?: Partial<GuardSettings['actions']> }
  patterns?: readonly { name: string; pattern: string }[]
  outside?: {
    models: Partial<Record<'model_server' | 'llm_judge', OutsideModel>>
    fetch: Pick<GuardedFetch, 'json'>
  }
}

const nothingTested = { harmless: undefined, attack: undefined, durationMs: 0, trouble: 'no model is set' }
const nobody: OutsideModels = {
  settings: () => undefined,
  ask: async () => 'down',
  test: async () => nothingTested,
}
const models = openModels()

/** The screens of calls on shipped models, without a store: what a call and its answer become. */
export function screensWith({ settings = {}, patterns = [], outside }: Given = {}) {
  let time = 1_000
  const compiled: readonly CompiledPattern[] = patterns.map((each, at) =>
    compileDenied({ ...each, id: `p${at}`, looksAt: 'both' }),
  )
  const held: GuardSettings = {
    ...defaultSettings,
    ...settings,
    actions: { ...defaultSettings.actions, ...settings.actions },
  }
  const scan = buildScan(models, () => performance.now())
  const screens = guardScreens({
    scan,
    scanLong: async (kind, text) => scan(kind, text),
    models,
    log: quietLog,
    settingsOf: () => held,
    flow: watchFlow(() => time),
    trajectory: watchTrajectory(() => time),
    patterns: () => compiled,
    outside:
      outside === undefined
        ? nobody
        : outsideModels({
            settings: (slot) => outside.models[slot],
            fetch: outside.fetch,
            now: () => time,
            log: quietLog,
          }),
  })
  const heard: string[] = []
  const exchange = {
    signal: new AbortController().signal,
    notify: (_: string, params: string) => heard.push(params),
    ask: async (_: string, params: string) => ({ result: params }),
  }
  const facts = (tool: string, method = 'tools/call', connectorId = 'c1') => ({
    connector: { id: connectorId, name: 'wiki' },
    caller: { id: 'ada' },
    method,
    endpoint: { kind: 'runlayer' },
    client: { sessionKey: 's', name: 'test' },
    target:
      method === 'tools/call' ? { kind: 'tool', tool: { name: tool, description: '' } } : { kind: 'other' },
    exchange,
  })
  return {
    heard,
    wait: (ms: number) => {
      time += ms
    },
    async ask(args: object, tool = 'read_page', connectorId = 'c1') {
      const argsText = JSON.stringify(args)
      const call = { ...facts(tool, 'tools/call', connectorId), argsText, args } as unknown as Allowed &
        Screening
      return await screens.input(call)
    },
    async answer(result: object, { tool = 'read_page', method = 'tools/call' } = {}) {
      const text = JSON.stringify(result)
      const reply = { kind: 'result', era: 'modern', text, members: membersOf(text) }
      return await screens.output({ ...facts(tool, method), reply } as unknown as Answered & Screening)
    },
    async fail(message: string, data?: object) {
      const reply = {
        kind: 'error',
        code: -32000,
        message,
        data: data === undefined ? undefined : JSON.stringify(data),
      }
      return await screens.output({ ...facts('read_page'), reply } as unknown as Answered & Screening)
    },
    async park(inputRequests: object) {
      const reply = { kind: 'parked', handle: 'h', inputRequests: JSON.stringify(inputRequests) }
      return await screens.output({ ...facts('read_page'), reply } as unknown as Answered & Screening)
    },
  }
}

export type Screens = ReturnType<typeof screensWith>

/** The refusal of a call that a screen stopped. */
export async function refusalBy(run: Promise<unknown>): Promise<GatewayError> {
  try {
    await run
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

export const scansOf = (call: Screening): readonly ScanNote[] => call.scans ?? []
