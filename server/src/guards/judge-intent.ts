import type { Finding } from './finding.ts'
import type { ScanResult } from './scan-content.ts'
import type { Reach } from './tool-reach.ts'

export type IntentFacts = {
  readonly reach: Reach
  /** Why the model called, in its own words, where it said so. */
  readonly purpose: string | undefined
  readonly argsText: string
  readonly resultText: string
}

const sentAway =
  /\b(?:sent|forwarded|uploaded|posted|copied|e-?mailed|transmitted|exported|shared|synced|submitted|bcc(?:'?ed)?)\b[^.\n"\\]{0,60}\b(?:to|with|at|via)\b[^.\n"\\]{0,30}?((?:https?:\/\/)?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}|[\w.+-]{1,64}@[\w.-]{3,100})/i
const readsOnly =
  /\b(?:read|look|check|list|find|search|see|view|show|summari[sz]e|get|count|understand|explain)\b/i
const changes =
  /\b(?:delete|remove|drop|clean|purge|wipe|erase|send|write|create|update|change|edit|post|publish|fix|close|move|revoke|reset|replace|kill|stop)\b/i

/** Intent Guard: call and result beside what the tool is for. Reads the ends of long results. Pure, linear. */
export function judgeIntent(facts: IntentFacts): Finding[] {
  const findings: Finding[] = []
  const { reach, purpose, argsText } = facts
  if (reach === 'destroys' && purpose !== undefined && readsOnly.test(purpose) && !changes.test(purpose))
    findings.push(
      departs(
        'purpose-and-call',
        'The call destroys, while the stated purpose only reads.',
        'arguments',
        0.6,
      ),
    )
  if (reach === 'reads') {
    const target = sentAway.exec(endsOf(facts.resultText))?.[1]
    if (target !== undefined && !argsText.toLowerCase().includes(target.toLowerCase()))
      findings.push(
        departs(
          'reading-tool-sends',
          'A tool that reads says that it sent something to an address nobody gave it.',
          'result',
          0.7,
        ),
      )
  }
  return findings
}

/** A departure counts like a rule of its weight: the score is the higher of the two. */
export function withDepartures(result: ScanResult, departures: readonly Finding[]): ScanResult {
  if (departures.length === 0) return result
  const weight = Math.max(...departures.map((each) => each.weight))
  return {
    ...result,
    findings: [...result.findings, ...departures],
    score: Math.max(result.score, weight),
    risk: result.risk === 'high' ? 'high' : 'medium',
  }
}

const endsOf = (text: string) =>
  text.length <= 16_000 ? text : `${text.slice(0, 8_000)} ${text.slice(-8_000)}`

const departs = (detector: string, reason: string, path: string, weight: number): Finding => ({
  detector,
  reason,
  path,
  weight,
  scanner: 'intent',
  category: 'departure',
  excerpt: '',
  through: undefined,
})
