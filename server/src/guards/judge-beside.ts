import type { Verdict } from './decide-action.ts'
import { type CompiledPattern, deniedFindings } from './deny-patterns.ts'
import { personalFindings } from './find-personal.ts'
import type { Category, Finding } from './finding.ts'
import { type JudgeParts, judgeText, type Maybe, reportsOf, type Text } from './judge-text.ts'
import type { Opinion, OutsideModels, Slot } from './outside-models.ts'
import { isPlain } from './plain-text.ts'
import { longText } from './scan-aside.ts'
import type { GuardSettings } from './settings.ts'

export type BesideParts = JudgeParts & {
  /** What administrators forbid; empty costs nothing. */
  patterns(): readonly CompiledPattern[]
  readonly outside: OutsideModels
}

/** The engine's verdict with what stands beside it: own patterns, personal data, models outside. Each costs only while on. */
export function judgeBeside<T>(parts: BesideParts, text: Text, then: (verdict: Verdict) => T): Maybe<T> {
  if (standsAlone(parts, text)) return judgeText(parts, text, then)
  const beside = reportsOf(lookBeside(parts, text), text.settings)
  const judged = judgeText<Maybe<T>>(parts, text, (verdict) =>
    askOutside(parts, text, withReports(verdict, masked(beside, text)), then),
  )
  return judged instanceof Promise ? judged.then((value) => value) : judged
}

/** As delivered: no own patterns, personal data left alone, no model outside. */
const standsAlone = (parts: BesideParts, { settings }: Text): boolean =>
  parts.patterns().length === 0 && settings.actions.personal === 'allow' && !asksOutside(parts)

const asksOutside = ({ outside }: BesideParts): boolean =>
  outside.settings('model_server')?.enabled === true || outside.settings('llm_judge')?.enabled === true

/** What stands beside a verdict that the engine gave already. */
export async function addBeside(parts: BesideParts, text: Text, verdict: Verdict): Promise<Verdict> {
  const beside = masked(reportsOf(lookBeside(parts, text), text.settings), text)
  return await askOutside(parts, text, withReports(verdict, beside), (all) => all)
}

/** The same on the way of a call, where nothing can wait: the first part of the text, without models outside. */
export function judgeNow(parts: BesideParts, { kind, text, settings }: Text): Verdict {
  const first = { kind, settings, text: text.length > longText ? text.slice(0, longText) : text }
  const beside = masked(reportsOf(lookBeside(parts, first), settings), first)
  const judged = judgeText(parts, first, (verdict) => withReports(verdict, beside))
  return judged instanceof Promise ? { action: 'allow', reports: beside } : judged
}

/** Personal data in answers can be written over; in arguments a tool needs what it was given. */
function masked(reports: Verdict['reports'], { kind, settings }: Text): Verdict['reports'] {
  if (settings.actions.personal !== 'mask' || kind !== 'tool_output') return reports
  return reports.map((report) =>
    report.scanner === 'personal' && report.action === 'alert' ? { ...report, action: 'mask' } : report,
  )
}

function lookBeside(parts: BesideParts, { kind, text, settings }: Text): Finding[] {
  const side = kind === 'tool_input' ? 'arguments' : 'answers'
  const patterns = parts.patterns().filter(({ looksAt }) => looksAt === 'both' || looksAt === side)
  return [
    ...(patterns.length === 0 || settings.actions.patterns === 'allow' ? [] : deniedFindings(text, patterns)),
    ...(settings.actions.personal === 'allow' ? [] : personalFindings(text)),
  ]
}

/** A rule this sure is not outvoted by an opinion: the judged text may have steered whoever gave it. */
const sureRule = 0.7

const order = ['allow', 'alert', 'mask', 'block'] as const

function withReports({ action, reports }: Verdict, more: Verdict['reports']): Verdict {
  if (more.length === 0) return { action, reports }
  const all = [...reports, ...more]
  const worst = Math.max(...all.map((report) => order.indexOf(report.action)), order.indexOf(action))
  return { action: order[worst] ?? action, reports: all }
}

function askOutside<T>(
  parts: BesideParts,
  text: Text,
  verdict: Verdict,
  then: (verdict: Verdict) => T,
): Maybe<T> {
  if (!asksOutside(parts)) return then(verdict)
  if (isPlain(text.text) || text.settings.actions.injection === 'allow') return then(verdict)
  return opinions(parts, text, verdict).then(then)
}

async function opinions(parts: BesideParts, text: Text, verdict: Verdict): Promise<Verdict> {
  let now = verdict
  if (parts.outside.settings('model_server')?.enabled === true)
    now = withServer(parts, text, now, await parts.outside.ask('model_server', text))
  if (parts.outside.settings('llm_judge')?.enabled === true && isGrey(parts, text, verdict))
    now = withJudge(parts, text, now, await parts.outside.ask('llm_judge', text))
  return now
}

/** Where the engine itself is unsure: between the scores of High and of Low. */
function isGrey(parts: JudgeParts, { kind, text }: Text, verdict: Verdict): boolean {
  const { low, high } = parts.models[kind].last.thresholds
  const score =
    text.length > longText
      ? Math.max(0, ...verdict.reports.map((report) => report.score))
      : parts.scan(kind, text).score
  return score >= high && score < low
}

function withServer(parts: BesideParts, text: Text, verdict: Verdict, opinion: Opinion): Verdict {
  if (opinion === 'down') return unasked(parts, text, verdict, 'model_server')
  if (opinion.score < 0.5) return verdict
  return withReports(verdict, [spoken('model-server', opinion, text.settings)])
}

function withJudge(parts: BesideParts, text: Text, verdict: Verdict, opinion: Opinion): Verdict {
  if (opinion === 'down') return unasked(parts, text, verdict, 'llm_judge')
  if (opinion.score >= 0.5) return withReports(verdict, [spoken('llm-judge', opinion, text.settings)])
  // It was asked because the engine was unsure; what the engine only suspected is dropped, never what a rule is sure of.
  const sure = sureRules(parts, text)
  const kept = verdict.reports.filter(
    ({ scanner, detector }) => (scanner !== 'injection' && scanner !== 'exfiltration') || sure(detector),
  )
  return withReports({ action: 'allow', reports: [] }, kept)
}

/** Which detectors are not outvoted. Of a long text, which was read elsewhere, every rule is believed. */
function sureRules(parts: BesideParts, { kind, text }: Text): (detector: string) => boolean {
  if (text.length > longText) return (detector) => detector !== 'learned-wording'
  const sure = parts.scan(kind, text).findings.filter(({ weight }) => weight >= sureRule)
  return (detector) => detector !== 'learned-wording' && sure.some((finding) => finding.detector === detector)
}

function spoken(
  detector: string,
  { score, category }: { score: number; category: Category },
  settings: GuardSettings,
): Verdict['reports'][number] {
  const [report] = reportsOf(
    [
      {
        detector,
        category,
        scanner: 'injection',
        reason:
          detector === 'llm-judge'
            ? 'The language model that is asked about unclear texts calls it an attack.'
            : 'The model server that is asked about texts calls it an attack.',
        path: '',
        excerpt: '',
        // What somebody else says alerts; it blocks where an administrator set injection to block.
        weight: Math.min(0.9, score),
        through: undefined,
      },
    ],
    settings,
  )
  if (report === undefined) throw new Error('a report was made for a scanner that is off')
  return report
}

function unasked(parts: BesideParts, { settings }: Text, verdict: Verdict, slot: Slot): Verdict {
  const isClosed = parts.outside.settings(slot)?.whenDown === 'closed'
  const report: Verdict['reports'][number] = {
    scanner: 'injection',
    detector: `${slot.replace('_', '-')}-down`,
    category: 'unjudged',
    reason: isClosed
      ? 'A model outside did not answer, and what it has not seen is refused here.'
      : 'A model outside did not answer; the content was judged on this machine only.',
    where: '',
    excerpt: '',
    score: 0,
    durationMs: 0,
    action: isClosed ? 'block' : 'alert',
    sensitivity: settings.sensitivity,
  }
  return withReports(verdict, [report])
}
