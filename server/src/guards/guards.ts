/** ToolGuard: scans definitions, arguments and results on this machine, with a reason for all it says. */
import type { CloseEntry, OpenEntry } from '../kernel/entry.ts'
import type { Log } from '../lib/log.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { categoriseFlagged } from './categorise-flagged.ts'
import { decideAction, type Verdict } from './decide-action.ts'
import { readDetectorVersion } from './detector-version.ts'
import type { ContentKind } from './finding.ts'
import { addBeside } from './judge-beside.ts'
import { type ListGuard, listGuard } from './judge-definition.ts'
import { type IntentFacts, judgeIntent, withDepartures } from './judge-intent.ts'
import { openModels } from './model/open-models.ts'
import { type Additions, type OutsideParts, openAdditions } from './open-outside.ts'
import { recordFlagged } from './record-flagged.ts'
import { rememberScans } from './remember-scans.ts'
import { longText, openScanAside } from './scan-aside.ts'
import { buildScan, type ScanResult, type Sensitivity } from './scan-content.ts'
import { type GuardScreens, guardScreens } from './screen-calls.ts'
import { type GuardSettings, type OwnSettings, overlay, ownFrom, settingsFrom } from './settings.ts'
import { everywhere, guardStore } from './store.ts'
import { watchFlow } from './watch-flow.ts'
import { watchTrajectory } from './watch-trajectory.ts'

export type { ScanReport } from './decide-action.ts'
export type { Screening } from './judge-text.ts'

export type ScannedContent = ScanResult & Verdict

export type Guards = {
  /** One content, judged by the settings; `sensitivity` overrides the stored one. Throws `busy` when too many long ones wait. */
  scan(kind: ContentKind, text: string, sensitivity?: Sensitivity): Promise<ScannedContent>
  /** A call with its output, as Intent Guard sees it. */
  scanCall(facts: IntentFacts, sensitivity?: Sensitivity): Promise<ScannedContent>
  /** Looks at tool definitions as they are learned; holds those that a person should read first. */
  readonly list: ListGuard
  readonly screens: GuardScreens
  /** Changes with the detectors and models. */
  readonly version: string
  settings(): GuardSettings
  /** What holds for one connector. */
  settingsOf(serverId: string): GuardSettings
  /** What connectors have of their own, by id. */
  own(): ReadonlyMap<string, OwnSettings>
  /** Holds from the next call here, within a second elsewhere. */
  changeSettings(settings: GuardSettings): Promise<void>
  /** undefined: the connector follows the global settings again. */
  changeOwn(serverId: string, own: OwnSettings | undefined): Promise<void>
  /** Patterns of administrators, and models outside. */
  readonly additions: Additions
  close(): Promise<void>
}

export type GuardParts = {
  readonly db: Db
  readonly bus: Bus
  /** Seals the keys of models outside. */
  readonly keyring: OutsideParts['keyring']
  /** Reaches models outside. */
  readonly fetch: OutsideParts['fetch']
  /** Writes an audit entry that begins and ends at once. */
  record(entry: OpenEntry, end: CloseEntry): Promise<unknown>
  readonly now: () => number
  readonly log: Log
}

const topic = 'guards'

/** Reads the models and the stored settings. Rejects when a model file is missing or broken. */
export async function openGuards(o: GuardParts): Promise<Guards> {
  const models = openModels()
  const version = readDetectorVersion()
  const settings = await openSettings(o)
  const scan = rememberScans(buildScan(models, () => performance.now()))
  warmUp(scan)
  const additions = await openAdditions(o)
  const aside = openScanAside()
  const { settingsOf } = settings
  const scanAnywhere = async (kind: ContentKind, text: string) =>
    text.length > longText ? await aside.scan(kind, text) : scan(kind, text)
  const screening = {
    ...{ scan, scanLong: aside.scan, models, log: o.log, settingsOf },
    patterns: additions.compiled,
    outside: additions.models,
  }
  const decided = async (
    content: { kind: ContentKind; text: string },
    result: ScanResult,
    how: Sensitivity,
  ) => {
    const { kind } = content
    const held = { ...settings.global(), sensitivity: how }
    const verdict = decideAction(result, held, { kind, threshold: models[kind].last.thresholds[how] })
    return joined(result, await addBeside(screening, { ...content, settings: held }, verdict))
  }
  const flagged = categoriseFlagged(listGuard({ scan, version, settingsOf, now: o.now }), additions.models)
  return {
    scan: async (kind, text, sensitivity = settings.global().sensitivity) =>
      await decided({ kind, text }, await scanAnywhere(kind, text), sensitivity),
    async scanCall(facts, sensitivity = settings.global().sensitivity) {
      const content = { kind: 'tool_output' as const, text: facts.resultText }
      const result = withDepartures(await scanAnywhere(content.kind, content.text), judgeIntent(facts))
      return await decided(content, result, sensitivity)
    },
    list: {
      version,
      lookFor: flagged.lookFor,
      async tell(connector, tools) {
        const all = await flagged.categorised(connector.id, tools)
        recordFlagged(o, connector, all)
        return all.filter((tool, at) => tool !== tools[at])
      },
    },
    screens: guardScreens({
      ...screening,
      flow: watchFlow(o.now),
      trajectory: watchTrajectory(o.now),
    }),
    additions,
    version,
    settings: settings.global,
    settingsOf,
    own: settings.own,
    changeSettings: (next) => settings.change(everywhere, next),
    changeOwn: (serverId, own) => settings.change(serverId, own),
    async close() {
      settings.close()
      additions.close()
      await aside.close()
    },
  }
}

/** The first scan works out where each rule can start, for 60 to 100 ms; here it holds up nobody's call. */
function warmUp(scan: (kind: ContentKind, text: string) => ScanResult): void {
  for (const kind of ['tool_input', 'tool_output'] as const)
    scan(kind, '"Über allem: ignore nothing, send nothing."')
}

/** A scan with what stands beside the engine: its findings among the others, the score the highest. */
function joined(result: ScanResult, verdict: Verdict): ScannedContent {
  const known = new Set(result.findings.map(({ detector }) => detector))
  const more = verdict.reports.filter(({ detector }) => !known.has(detector))
  const spoken = more.filter(({ scanner }) => scanner === 'injection').map(({ score }) => score)
  return {
    ...result,
    ...verdict,
    score: Math.max(result.score, ...spoken),
    findings: [
      ...result.findings,
      ...more.map(({ where, score, ...rest }) => ({
        ...rest,
        path: where,
        weight: score,
        through: undefined,
      })),
    ],
  }
}

/** Settings in memory, kept true by change notices. */
async function openSettings(o: { db: Db; bus: Bus; now: () => number }) {
  const store = guardStore(o.db)
  let global = settingsFrom(undefined)
  let own: ReadonlyMap<string, OwnSettings> = new Map()
  let merged = new Map<string, GuardSettings>()
  const read = async () => {
    const stored = await store.readAll()
    global = settingsFrom(stored.get(everywhere))
    own = new Map(
      [...stored].flatMap(([scope, value]) => (scope === everywhere ? [] : [[scope, ownFrom(value)]])),
    )
    merged = new Map([...own].map(([scope, value]) => [scope, overlay(global, value)]))
  }
  await read()
  return {
    close: o.bus.on(topic, read),
    global: () => global,
    own: () => own,
    settingsOf: (serverId: string) => merged.get(serverId) ?? global,
    async change(scope: string, next: object | undefined): Promise<void> {
      if (next === undefined) await store.remove(scope)
      else await store.write(scope, next, new Date(o.now()))
      await o.bus.publish(topic, scope)
    },
  }
}
