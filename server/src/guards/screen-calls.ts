import type { Allowed, Answered, ScanNote } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Json } from '../kernel/json.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { membersOf } from '../lib/raw-json.ts'
import type { ScanReport, Verdict } from './decide-action.ts'
import { wordsOf } from './definition-leaves.ts'
import type { Finding } from './finding.ts'
import { judgeApp } from './judge-app.ts'
import { type BesideParts, judgeBeside } from './judge-beside.ts'
import { judgeIntent } from './judge-intent.ts'
import { blocked, type Maybe, reportsOf, type Screening, withScans } from './judge-text.ts'
import { maskJson } from './mask-text.ts'
import { maskedText, questionGuard, screenRequests } from './screen-questions.ts'
import { ScreenedExchange } from './screened-exchange.ts'
import type { GuardSettings } from './settings.ts'
import { oncePerTool, type Reach, reachOf } from './tool-reach.ts'
import type { FlowWatch } from './watch-flow.ts'
import type { TrajectoryWatch } from './watch-trajectory.ts'

export type ScreenParts = BesideParts & {
  settingsOf(serverId: string): GuardSettings
  readonly flow: FlowWatch
  readonly trajectory: TrajectoryWatch
}

export type GuardScreens = {
  /** Before the call runs: looks at its arguments and at what was read before. Throws `content-blocked`. */
  input(call: Allowed & Screening): Maybe<Allowed & Screening>
  /** Before the client gets the answer: masks, alerts, or throws `content-blocked`. Short texts are answered at once. */
  output(call: Answered & Screening): Maybe<Answered & Screening>
}

type Parts = ScreenParts & {
  readonly reachOf: (tool: PinnedTool) => Reach
  readonly aboutOf: (tool: PinnedTool) => string
  readonly keyOf: (call: Allowed) => string
}

/** Shorter texts hold neither a secret nor an instruction. */
const least = 12

/** The two places where the guards stand in a call (gateway/steps/screen.ts). */
export function guardScreens(given: ScreenParts): GuardScreens {
  const parts: Parts = {
    ...given,
    reachOf: oncePerTool(reachOf),
    aboutOf: oncePerTool(aboutOf),
    keyOf: rememberKeys(),
  }
  return {
    input(call) {
      const settings = parts.settingsOf(call.connector.id)
      refuseEnded(parts, call)
      const guarded = withGuardedExchange(parts, call, settings)
      const text = call.argsText
      const before = historyReports(parts, call, settings)
      if ((text === undefined || text.length < least) && before.length === 0) return guarded
      return judgeBeside(
        parts,
        { kind: 'tool_input', text: text ?? '{}', settings, isJson: true },
        (verdict) => {
          const masked = maskArguments(guarded, verdict, settings)
          const reports = both(before, masked.reports)
          refuse(parts, { call, settings, reports }, 'arguments')
          return withScans(masked.call, noted(call, reports))
        },
      )
    },
    output(call) {
      const settings = parts.settingsOf(call.connector.id)
      const { reply } = call
      if (reply.kind === 'parked') return screenParked(parts, { call, reply, settings })
      if (reply.kind === 'error') return screenError(parts, { call, reply, settings })
      return screenResult(parts, { call, reply, settings })
    },
  }
}

type Of<Kind extends Answered['reply']['kind']> = {
  readonly call: Answered & Screening
  readonly reply: Extract<Answered['reply'], { kind: Kind }>
  readonly settings: GuardSettings
}

/** One principal and session; a modern client has none, so its name stands in. */
const sessionOf = ({ caller, client }: Allowed) => `${caller.id} ${client.sessionKey ?? client.name ?? ''}`

/** One conversation: through connectors of their own a client works in several sessions at once. */
function rememberKeys(): (call: Allowed) => string {
  const last = new WeakMap<Allowed['caller'], { name: string | undefined; key: string }>()
  return (call) => {
    if (call.endpoint.kind !== 'connector') return sessionOf(call)
    const { caller, client } = call
    const known = last.get(caller)
    if (known !== undefined && known.name === client.name) return known.key
    const key = `${caller.id} ${client.name ?? ''}`
    last.set(caller, { name: client.name, key })
    return key
  }
}

function refuseEnded({ flow }: Parts, call: Allowed): void {
  const reason = flow.endedBy(sessionOf(call))
  if (reason !== undefined)
    throw new GatewayError(
      'content-blocked',
      `A guard ended this conversation: ${reason} Start a new one, without the content that caused it.`,
      { connector: call.connector.name },
    )
}

function withGuardedExchange<C extends Allowed>(parts: Parts, call: C, settings: GuardSettings): C {
  const place = { parts, connector: call.connector.name, settings }
  return { ...call, exchange: new ScreenedExchange(call.exchange, (late) => questionGuard(place, late)) }
}

function historyReports(parts: Parts, call: Allowed, settings: GuardSettings): readonly ScanReport[] {
  const { flow, trajectory } = settings.actions
  if (call.target.kind !== 'tool') return none
  const { tool } = call.target
  const key = parts.keyOf(call)
  const steered = flow === 'allow' ? undefined : flowFinding(parts, { call, tool, key })
  const departed = trajectory === 'allow' ? undefined : trajectoryFinding(parts, { call, tool, key })
  if (steered === undefined && departed === undefined) return none
  return reportsOf(
    [steered, departed].filter((each) => each !== undefined),
    settings,
  )
}

const none: readonly ScanReport[] = []

/** Of most calls there is nothing to tell, and nothing is made for it. */
function both<Note>(one: readonly Note[], other: readonly Note[]): readonly Note[] {
  if (one.length === 0) return other
  return other.length === 0 ? one : [...one, ...other]
}

type Now = { readonly call: Allowed; readonly tool: PinnedTool; readonly key: string }

function flowFinding(parts: Parts, { call, tool, key }: Now): Finding | undefined {
  const { connector, argsText = '{}' } = call
  return parts.flow.ask({ key, connector, tool: tool.name, reach: parts.reachOf(tool), argsText })
}

function trajectoryFinding(parts: Parts, { call, tool, key }: Now): Finding | undefined {
  return parts.trajectory.ask({
    key,
    connectorId: call.connector.id,
    tool: tool.name,
    reach: parts.reachOf(tool),
    argsText: call.argsText ?? '{}',
    purpose: call.meta,
  })
}

/** Takes secrets and hidden characters out of arguments, but leaves a secret where the tool asks for one by name. */
function maskArguments<C extends Allowed>(
  call: C,
  { reports }: Verdict,
  settings: GuardSettings,
): { call: C; reports: readonly ScanReport[] } {
  const { argsText } = call
  if (argsText === undefined || !reports.some(({ action }) => action === 'mask')) return { call, reports }
  const { secrets, hidden } = settings.actions
  const masked = maskJson(argsText, { secrets: secrets === 'mask', hidden: hidden === 'mask', named: false })
  const done = reports.filter(
    ({ scanner, action }) =>
      action !== 'mask' || (scanner === 'secrets' ? masked.secrets : masked.hidden) > 0,
  )
  if (masked.text === argsText) return { call, reports: done }
  return { call: { ...call, argsText: masked.text, args: JSON.parse(masked.text) as Json }, reports: done }
}

function screenResult(parts: Parts, of: Of<'result'>): Maybe<Answered & Screening> {
  const { call, reply, settings } = of
  const requests = reply.members.get('inputRequests')
  const asked =
    requests === undefined
      ? none
      : screenRequests({ parts, connector: call.connector.name, settings, whole: true }, requests).reports
  if (reply.text.length < least) return withScans(call, lateOf(call))
  const content = { kind: 'tool_output', text: reply.text, settings, isJson: true } as const
  return judgeBeside(parts, content, (verdict) => {
    const intent = intentReports(parts, { call, settings }, reply.text)
    const app = reportsOf(judgeApp(reply.text), settings)
    const reports = both(both(verdict.reports, intent), both(app, asked))
    refuse(parts, { call, settings, reports }, 'answer')
    hear(parts, call, { text: reply.text, reports })
    const scanned = withScans(call, both(lateOf(call), noted(call, reports)))
    if (!verdict.reports.some(({ action }) => action === 'mask')) return scanned
    const text = maskedText(settings, reply.text)
    return { ...scanned, reply: { ...reply, text, members: membersOf(text) } }
  })
}

const aboutOf = ({ name, description }: PinnedTool) => `${wordsOf(name)} ${description}`

function intentReports(
  parts: Parts,
  { call, settings }: { call: Answered; settings: GuardSettings },
  resultText: string,
): readonly ScanReport[] {
  if (settings.actions.intent === 'allow' || call.target.kind !== 'tool') return none
  const { tool } = call.target
  const facts = {
    reach: parts.reachOf(tool),
    tool: parts.aboutOf(tool),
    purpose: call.meta,
    argsText: call.argsText ?? '{}',
    resultText,
  }
  return reportsOf(judgeIntent(facts), settings)
}

/** What came back is remembered for the calls that follow, once something in it or before it steered. */
function hear(
  { flow, keyOf }: Parts,
  call: Answered,
  { text, reports }: { text: string; reports: readonly ScanReport[] },
): void {
  const steers = reports.some(({ scanner }) => scanner === 'injection' || scanner === 'exfiltration')
  const tool = call.target.kind === 'tool' ? call.target.tool.name : call.method
  flow.hear({ key: keyOf(call), connector: call.connector, tool, text, steers })
}

/** Questions of a parked call are all that the client gets of it now. */
function screenParked(parts: Parts, { call, reply, settings }: Of<'parked'>): Answered & Screening {
  const { text, reports } = screenRequests(
    { parts, connector: call.connector.name, settings },
    reply.inputRequests,
  )
  const scanned = withScans(call, [...lateOf(call), ...reports])
  return text === reply.inputRequests ? scanned : { ...scanned, reply: { ...reply, inputRequests: text } }
}

/** Messages of failing tools reach the model too. */
function screenError(parts: Parts, of: Of<'error'>): Maybe<Answered & Screening> {
  const { call, reply, settings } = of
  const message = JSON.stringify(reply.message)
  const text = reply.data === undefined ? message : `[${message},${reply.data}]`
  return judgeBeside(parts, { kind: 'tool_output', text, settings }, (verdict) => {
    refuse(parts, { call, settings, reports: verdict.reports }, 'answer')
    hear(parts, call, { text, reports: verdict.reports })
    const masked = JSON.parse(maskedText(settings, message)) as string
    const data = reply.data === undefined ? undefined : maskedText(settings, reply.data)
    const changed = { ...call, reply: { ...reply, message: masked, data } }
    return withScans(changed, [...lateOf(call), ...noted(call, verdict.reports)])
  })
}

const lateOf = ({ exchange }: Allowed): readonly ScanNote[] =>
  exchange instanceof ScreenedExchange ? exchange.late : none

/** Nobody reads bodies of a sensitive connector, so no part of them is kept. */
function noted({ connector }: Allowed, reports: readonly ScanReport[]): readonly ScanReport[] {
  return connector.sensitive ? reports.map((report) => ({ ...report, excerpt: '' })) : reports
}

function refuse(
  parts: Parts,
  of: { call: Allowed; settings: GuardSettings; reports: readonly ScanReport[] },
  what: 'arguments' | 'answer',
): void {
  const { call, settings } = of
  const error = blocked(noted(call, of.reports), { what, connector: call.connector.name })
  if (error === undefined) return
  if (settings.endSession) parts.flow.end(sessionOf(call), error.message)
  throw error
}
