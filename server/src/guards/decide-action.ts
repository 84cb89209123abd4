import type { Category, ContentKind, Finding, Scanner } from './finding.ts'
import type { ScanResult, Sensitivity } from './scan-content.ts'
import type { GuardSettings } from './settings.ts'

export type Action = 'allow' | 'alert' | 'mask' | 'block'

/** What one scanner did about one content; audit keeps it with the entry. */
export type ScanReport = {
  readonly scanner: Scanner
  readonly score: number
  readonly durationMs: number
  readonly action: Action
  readonly sensitivity: Sensitivity
  readonly detector: string
  readonly category: Category
  readonly where: string
  readonly excerpt: string
  readonly reason: string
}

export type Verdict = { readonly action: Action; readonly reports: readonly ScanReport[] }

const order: readonly Action[] = ['allow', 'alert', 'mask', 'block']
/** Above this a rule and the score agree so strongly that waiting for a person helps nobody. */
const certain = 0.95
const certainRule = 0.85
/** Scanners judged by the one score; the others by what they found. */
const scored: ReadonlySet<Scanner> = new Set(['injection', 'exfiltration', 'commands', 'definitions'])

/** What to do about a scan: each scanner's own setting, the strictest wins. */
export function decideAction(
  result: ScanResult,
  settings: GuardSettings,
  at: { kind: ContentKind; threshold: number },
): Verdict {
  const best = new Map<Scanner, Finding>()
  for (const finding of result.findings) {
    const known = best.get(finding.scanner)
    if (known === undefined || known.weight < finding.weight) best.set(finding.scanner, finding)
  }
  const reports: ScanReport[] = []
  for (const [scanner, finding] of best) {
    const action = actionOf(finding, result, { settings, ...at })
    if (action === 'allow') continue
    const { detector, category, path, excerpt, reason } = finding
    reports.push({
      scanner,
      score: scored.has(scanner) ? result.score : finding.weight,
      durationMs: result.durationMs,
      action,
      sensitivity: settings.sensitivity,
      detector,
      category,
      where: path,
      excerpt,
      reason,
    })
  }
  const action = reports.reduce<Action>(
    (strictest, each) => (order.indexOf(each.action) > order.indexOf(strictest) ? each.action : strictest),
    'allow',
  )
  return { action, reports }
}

function actionOf(
  finding: Finding,
  result: ScanResult,
  rule: { settings: GuardSettings; kind: ContentKind; threshold: number },
): Action {
  const set = rule.settings.actions[finding.scanner]
  // Blocking a definition holds it for a person; what speaks like one elsewhere is told.
  const isElsewhere = finding.scanner === 'definitions' && rule.kind !== 'tool_definition'
  const wanted = isElsewhere && set === 'block' ? 'alert' : set
  if (wanted === 'allow') return 'allow'
  if (finding.scanner === 'secrets') return wanted
  if (finding.scanner === 'hidden')
    return finding.weight >= 0.5 || result.score >= rule.threshold ? wanted : 'allow'
  // What was seen beside the text has no part in the text's score.
  if (result.score < rule.threshold && finding.scanner !== 'intent') return 'allow'
  const isCertain = result.score >= certain && finding.weight >= certainRule
  if (wanted === 'alert' && isCertain && rule.settings.blockWhenCertain) return 'block'
  return wanted === 'mask' ? 'alert' : wanted
}
