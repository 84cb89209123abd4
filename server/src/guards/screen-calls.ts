import type { Allowed, Answered, ScanNote } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Log } from '../lib/log.ts'
import { membersOf } from '../lib/raw-json.ts'
import { decideAction, type ScanReport, type Verdict } from './decide-action.ts'
import type { ContentKind } from './finding.ts'
import { type Masked, maskJson } from './mask-text.ts'
import type { Models } from './model/open-models.ts'
import { longText } from './scan-aside.ts'
import type { Scan, ScanResult } from './scan-content.ts'
import type { GuardSettings } from './settings.ts'

/** What the guards found on a call's way: audit records it when the entry is closed. */
export type Screening = { readonly scans?: readonly ScanNote[] }

export type ScreenParts = {
  scan: Scan
  /** For texts longer than `longText`, off this thread. */
  scanLong(kind: ContentKind, text: string): Promise<ScanResult>
  models: Models
  settingsOf(serverId: string): GuardSettings
  log: Pick<Log, 'warn'>
}

type Maybe<T> = T | Promise<T>

export type GuardScreens = {
  /** Before the call runs: looks at its arguments. Throws `content-blocked`. */
  input(call: Allowed & Screening): Maybe<Allowed & Screening>
  /** Before the client gets the answer: masks, alerts, or throws `content-blocked`. Short texts are answered at once. */
  output(call: Answered & Screening): Maybe<Answered & Screening>
}

/** The two places where the guards stand in a call (gateway/steps/screen.ts). */
export function guardScreens(parts: ScreenParts): GuardScreens {
  return {
    input(call) {
      const text = call.argsText
      if (text === undefined || text.length < 12) return call
      return judged(parts, { kind: 'tool_input', text, call }, (verdict) => {
        refuseBlocked(verdict, 'arguments', call.connector.name)
        return withScans(call, verdict.reports)
      })
    },
    output(call) {
      const { reply } = call
      if (reply.kind === 'parked') return call
      if (reply.kind === 'error') return screenError(parts, call)
      if (reply.text.length < 12) return call
      return judged(parts, { kind: 'tool_output', text: reply.text, call }, (verdict) => {
        refuseBlocked(verdict, 'answer', call.connector.name)
        if (!asksMask(verdict)) return withScans(call, verdict.reports)
        const { text } = maskReply(parts.settingsOf(call.connector.id), reply.text)
        return withScans({ ...call, reply: { ...reply, text, members: membersOf(text) } }, verdict.reports)
      })
    },
  }
}

/** Short texts are judged at once, long ones on the other thread. */
function judged<T>(
  parts: ScreenParts,
  { kind, text, call }: { kind: ContentKind; text: string; call: Pick<Allowed, 'connector'> },
  then: (verdict: Verdict) => T,
): Maybe<T> {
  const settings = parts.settingsOf(call.connector.id)
  if (Object.values(settings.actions).every((action) => action === 'allow')) return then(nothing)
  const decide = (result: ScanResult) =>
    decideAction(result, settings, parts.models[kind].last.thresholds[settings.sensitivity])
  if (text.length > longText)
    return parts
      .scanLong(kind, text)
      .then(decide, (error: unknown) => unscanned(parts, kind, error))
      .then(then)
  let verdict: Verdict
  try {
    verdict = decide(parts.scan(kind, text))
  } catch (error) {
    verdict = unscanned(parts, kind, error)
  }
  return then(verdict)
}

const nothing: Verdict = { action: 'allow', reports: [] }

/** A guard that breaks must not take the product with it; nobody looked at the text, and that is told. */
function unscanned(parts: ScreenParts, kind: ContentKind, error: unknown): Verdict {
  parts.log.warn({ err: error, kind }, 'a scan failed; the content went through unscanned')
  return nothing
}

/** Messages of failing tools reach the model too. */
function screenError(parts: ScreenParts, call: Answered & Screening): Maybe<Answered & Screening> {
  const { reply } = call
  if (reply.kind !== 'error') return call
  const message = JSON.stringify(reply.message)
  return judged(parts, { kind: 'tool_output', text: message, call }, (verdict) => {
    refuseBlocked(verdict, 'answer', call.connector.name)
    const settings = parts.settingsOf(call.connector.id)
    const masked = maskReply(settings, message)
    const data = reply.data === undefined ? undefined : maskReply(settings, reply.data).text
    const changed = { ...call, reply: { ...reply, message: JSON.parse(masked.text) as string, data } }
    return withScans(changed, verdict.reports)
  })
}

const asksMask = ({ reports }: Verdict) => reports.some(({ action }) => action === 'mask')

function maskReply(settings: GuardSettings, text: string): Masked {
  const { secrets, hidden } = settings.actions
  return maskJson(text, { secrets: secrets === 'mask', hidden: hidden === 'mask' })
}

/** Says what was found and why, never the text that was found. */
function refuseBlocked(verdict: Verdict, what: 'arguments' | 'answer', connector: string): void {
  const blocked = verdict.reports.find(({ action }) => action === 'block')
  if (blocked === undefined) return
  const { scanner, detector, category, where, score, sensitivity } = blocked
  throw new GatewayError(
    'content-blocked',
    `The guard "${scanner}" blocked the ${what} of ${connector}: ${blocked.reason}`,
    {
      connector,
      data: { scanner, detector, category, where, score, sensitivity, scans: verdict.reports },
    },
  )
}

function withScans<C extends Screening>(call: C, reports: readonly ScanReport[]): C {
  return reports.length === 0 ? call : { ...call, scans: [...(call.scans ?? []), ...reports] }
}
