import type { ScanNote } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Log } from '../lib/log.ts'
import { type Action, decideAction, type ScanReport, type Verdict } from './decide-action.ts'
import { type ContentKind, type Finding, scanners } from './finding.ts'
import type { Models } from './model/open-models.ts'
import { isPlain } from './plain-text.ts'
import { longText } from './scan-aside.ts'
import type { Scan, ScanResult } from './scan-content.ts'
import type { GuardSettings } from './settings.ts'

export type Maybe<T> = T | Promise<T>

/** What the guards found on a call's way: audit records it when the entry is closed. */
export type Screening = { readonly scans?: readonly ScanNote[] }

export type JudgeParts = {
  readonly scan: Scan
  /** For texts longer than `longText`, off this thread. */
  scanLong(kind: ContentKind, text: string): Promise<ScanResult>
  readonly models: Models
  readonly log: Pick<Log, 'warn'>
}

export type Text = {
  readonly kind: ContentKind
  readonly text: string
  readonly settings: GuardSettings
  /** It was parsed already: what a call brings and gets is. */
  readonly isJson?: true
}

const none: readonly never[] = []
const nothing: Verdict = { action: 'allow', reports: none }
export const isQuiet = ({ actions }: GuardSettings) =>
  scanners.every((scanner) => actions[scanner] === 'allow')

/** Short texts are judged at once, long ones on the other thread. */
export function judgeText<T>(
  parts: JudgeParts,
  { kind, text, settings, isJson }: Text,
  then: (verdict: Verdict) => T,
): Maybe<T> {
  if (isPlain(text) || isQuiet(settings)) return then(nothing)
  const decide = (result: ScanResult) =>
    result.findings.length === 0
      ? nothing
      : decideAction(result, settings, {
          kind,
          threshold: parts.models[kind].last.thresholds[settings.sensitivity],
        })
  if (text.length > longText)
    return parts
      .scanLong(kind, text)
      .then(decide, (error: unknown) => unscanned(parts, kind, error))
      .then(then)
  let verdict: Verdict
  try {
    verdict = decide(parts.scan(kind, text, isJson))
  } catch (error) {
    verdict = unscanned(parts, kind, error)
  }
  return then(verdict)
}

/** A guard that breaks must not take the product with it; nobody looked at the text, and that is told. */
function unscanned(parts: JudgeParts, kind: ContentKind, error: unknown): Verdict {
  parts.log.warn({ err: error, kind }, 'a scan failed; the content went through unscanned')
  return nothing
}

/** What to do about findings that stand outside the one score. Nothing can be masked in them. */
export function reportsOf(findings: readonly Finding[], settings: GuardSettings): readonly ScanReport[] {
  if (findings.length === 0) return none
  return findings.flatMap((finding) => {
    const { scanner, detector, category, path, excerpt, reason, weight } = finding
    const wanted = settings.actions[scanner]
    if (wanted === 'allow') return []
    const isCertain = settings.blockWhenCertain && weight >= 0.95
    const action: Action = wanted === 'block' || isCertain ? 'block' : 'alert'
    const { sensitivity } = settings
    return [
      {
        scanner,
        detector,
        category,
        where: path,
        excerpt,
        reason,
        action,
        sensitivity,
        score: weight,
        durationMs: 0,
      },
    ]
  })
}

type Place = { readonly what: 'arguments' | 'answer' | 'question'; readonly connector: string }

/** Says what was found and why, never the text that was found. */
export function blocked(
  reports: readonly ScanReport[],
  { what, connector }: Place,
): GatewayError | undefined {
  const worst = reports.find(({ action }) => action === 'block')
  if (worst === undefined) return undefined
  const { scanner, detector, category, where, score, sensitivity } = worst
  return new GatewayError(
    'content-blocked',
    `The guard "${scanner}" blocked the ${what} of ${connector}: ${worst.reason}`,
    {
      connector,
      data: { scanner, detector, category, where: plainPath(where), score, sensitivity },
      scans: reports,
    },
  )
}

/** Names of members may be sentences of an attack; the short ones tell the place. */
const plainPath = (path: string) =>
  path
    .split('.')
    .map((part) => (/^[\w-]{1,32}(?:\[\d+\])*$|^\[\d+\]$/.test(part) ? part : '…'))
    .join('.')
    .slice(0, 200)

export function withScans<C extends Screening>(call: C, reports: readonly ScanNote[]): C {
  return reports.length === 0 ? call : { ...call, scans: [...(call.scans ?? []), ...reports] }
}
