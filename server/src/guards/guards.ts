/** ToolGuard: scans definitions, arguments and results on this machine, with a reason for all it says. */
import type { Log } from '../lib/log.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { decideAction, type Verdict } from './decide-action.ts'
import type { ContentKind, Finding } from './finding.ts'
import { openModels } from './model/open-models.ts'
import { longText, openScanAside } from './scan-aside.ts'
import { buildScan, type ScanResult, type Sensitivity } from './scan-content.ts'
import { type GuardScreens, guardScreens } from './screen-calls.ts'
import { type GuardSettings, settingsFrom } from './settings.ts'
import { guardStore } from './store.ts'

export type { ScanReport } from './decide-action.ts'
export type { Screening } from './screen-calls.ts'

export type ScannedContent = ScanResult & Verdict

export type Guards = {
  /** One content, judged by the settings; `sensitivity` overrides the stored one. Throws `busy` when too many long ones wait. */
  scan(kind: ContentKind, text: string, sensitivity?: Sensitivity): Promise<ScannedContent>
  /** A tool definition's JSON text, for quarantine when tools are learned. */
  scanDefinition(definition: string): {
    score: number
    risk: ScanResult['risk']
    findings: readonly Finding[]
  }
  readonly screens: GuardScreens
  settings(): GuardSettings
  /** Holds from the next call here, within a second elsewhere. */
  changeSettings(settings: GuardSettings): Promise<void>
  close(): Promise<void>
}

const topic = 'guards'

/** Reads the models and the stored settings. Rejects when a model file is missing or broken. */
export async function openGuards(o: { db: Db; bus: Bus; now: () => number; log: Log }): Promise<Guards> {
  const models = openModels()
  const store = guardStore(o.db)
  let settings = settingsFrom(await store.read())
  const stop = o.bus.on(topic, async () => {
    settings = settingsFrom(await store.read())
  })
  const scan = buildScan(models, () => performance.now())
  const aside = openScanAside()
  return {
    async scan(kind, text, sensitivity = settings.sensitivity) {
      const result = text.length > longText ? await aside.scan(kind, text) : scan(kind, text)
      const threshold = models[kind].last.thresholds[sensitivity]
      return { ...result, ...decideAction(result, { ...settings, sensitivity }, threshold) }
    },
    scanDefinition(definition) {
      const { score, risk, findings } = scan('tool_definition', definition)
      return { score, risk, findings }
    },
    screens: guardScreens({ scan, scanLong: aside.scan, models, settings: () => settings, log: o.log }),
    settings: () => settings,
    async changeSettings(next) {
      await store.write(next, new Date(o.now()))
      await o.bus.publish(topic, 'global')
    },
    async close() {
      stop()
      await aside.close()
    },
  }
}
