import type { Allowed, Answered } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Log } from '../lib/log.ts'
import { membersOf } from '../lib/raw-json.ts'
import { decideAction, type ScanReport, type Verdict } from './decide-action.ts'
import type { ContentKind } from './finding.ts'
import { type Masked, maskJson } from './mask-text.ts'
import type { Models } from './model/open-models.ts'
import type { Scan, ScanResult } from './scan-content.ts'
import type { GuardSettings } from './settings.ts'

/** What the guards found on a call's way: audit records it when the entry is closed. */
export type Screening = { readonly scans?: readonly ScanReport[] }

export type ScreenParts = {
  scan: Scan
  models: Models
  settings(): GuardSettings
  log: Pick<Log, 'warn'>
}

export type GuardScreens = {
  /** Before the call runs: looks at its arguments. Throws `content-blocked`. */
  input(call: Allowed & Screening): Allowed & Screening
  /** Before the client gets the answer: masks, alerts, or throws `content-blocked`. */
  output(call: Answered & Screening): Answered & Screening
}

/** The two places where the guards stand in a call (gateway/steps/screen.ts). */
export function guardScreens(parts: ScreenParts): GuardScreens {
  return {
    input(call) {
      const text = call.argsText
      if (text === undefined || text.length < 12) return call
      const verdict = judge(parts, 'tool_input', text)
      refuseBlocked(verdict, 'arguments', call.connector.name)
      return withScans(call, verdict.reports)
    },
    output(call) {
      const { reply } = call
      if (reply.kind === 'parked') return call
      if (reply.kind === 'error') return screenError(parts, call)
      if (reply.text.length < 12) return call
      const verdict = judge(parts, 'tool_output', reply.text)
      refuseBlocked(verdict, 'answer', call.connector.name)
      if (!asksMask(verdict)) return withScans(call, verdict.reports)
      const masked = maskReply(parts.settings(), reply.text)
      const answered = { ...call, reply: { ...reply, text: masked.text, members: membersOf(masked.text) } }
      return withScans(answered, verdict.reports)
    },
  }
}

/** Messages of failing tools reach the model too. */
function screenError(parts: ScreenParts, call: Answered & Screening): Answered & Screening {
  const { reply } = call
  if (reply.kind !== 'error') return call
  const message = JSON.stringify(reply.message)
  const verdict = judge(parts, 'tool_output', message)
  const settings = parts.settings()
  const masked = maskReply(settings, message)
  const data = reply.data === undefined ? undefined : maskReply(settings, reply.data).text
  const changed = { ...call, reply: { ...reply, message: JSON.parse(masked.text) as string, data } }
  return withScans(changed, verdict.reports)
}

const asksMask = ({ reports }: Verdict) => reports.some(({ action }) => action === 'mask')

function maskReply(settings: GuardSettings, text: string): Masked {
  const { secrets, hidden } = settings.actions
  return maskJson(text, { secrets: secrets === 'mask', hidden: hidden === 'mask' })
}

function judge(parts: ScreenParts, kind: ContentKind, text: string): Verdict {
  const settings = parts.settings()
  if (Object.values(settings.actions).every((action) => action === 'allow'))
    return { action: 'allow', reports: [] }
  let result: ScanResult
  try {
    result = parts.scan(kind, text)
  } catch (error) {
    // A guard that breaks must not take the product with it; the text was looked at by nobody, and that is told.
    parts.log.warn({ err: error, kind }, 'a scan failed; the content went through unscanned')
    return { action: 'allow', reports: [] }
  }
  return decideAction(result, settings, parts.models[kind].last.thresholds[settings.sensitivity])
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
