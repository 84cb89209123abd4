import type { Finding } from './finding.ts'
import { answersAboutAnother } from './other-answer.ts'
import type { ScanResult } from './scan-content.ts'
import type { Reach } from './tool-reach.ts'

export type IntentFacts = {
  readonly reach: Reach
  /** Name and description of the tool, as approved. */
  readonly tool: string
  /** Why the model called, in its own words, where it said so. */
  readonly purpose: string | undefined
  readonly argsText: string
  readonly resultText: string
}

/** Words of what was done, which every pattern below needs: one look for all of them spares most results six. */
const deeds = {
  sent: "sent|forwarded|uploaded|posted|copied|e-?mailed|transmitted|exported|shared|synced|submitted|mirrored|bcc(?:'?ed)?",
  changed: 'updated|changed|granted|elevated|escalated|added',
  raised: 'granted|elevated|promoted',
  made: 'created|added|registered',
  destroyed: 'deleted|removed|wiped|purged|dropped|erased',
  switchedOff: 'disabled|turned off|deactivated',
  installed: 'installed|scheduled|registered',
} as const
const anyDeed = new RegExp(String.raw`\b(?:${Object.values(deeds).join('|')})\b`, 'i')
const pattern = (source: string) => new RegExp(source, 'i')

/** A host name or a mail address, found from its dot or at-sign on: bounded on both sides. */
const target = String.raw`((?:https?:\/\/)?[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}|[\w.+-]{1,64}@[\w.-]{3,100})`
const sentAway = pattern(
  String.raw`\b(?:${deeds.sent})\b[^.\n"\\]{0,60}\b(?:to|with|at|via)\b[^.\n"\\]{0,30}?${target}`,
)
/** What a tool says of its own sending; these may send. */
const sends =
  /\b(?:send|sends|sending|mail|e-?mail|message|post|posts|publish|upload|share|forward|notify|sync|export|copy|submit|webhook|request)/i
/** Rights changed, accounts made, things destroyed or installed beside the work; and what tools are about that may do so. */
const sideEffects: readonly (readonly [RegExp, RegExp])[] = [
  [
    pattern(
      String.raw`\b(?:permissions?|access|roles?|privileges?)\b[^.\n"\\]{0,30}\b(?:${deeds.changed})\b|\b(?:${deeds.raised})\b[^.\n"\\]{0,50}\b(?:admin\w{0,10}|root|owner|full access|role)\b`,
    ),
    /permission|access|role|privilege|grant|member|user|share|admin/i,
  ],
  [
    pattern(
      String.raw`\b(?:${deeds.made})\b[^.\n"\\]{0,20}\b(?:(?:new |admin |service |hidden ){1,2}(?:user|account|api key|ssh key)|(?:user|account) \S{1,40} (?:as|with) admin)`,
    ),
    /user|account|key|member|invite|register|sign/i,
  ],
  [
    pattern(
      String.raw`\b(?:${deeds.destroyed})\b[^.\n"\\]{0,30}\b(?:audit|logs?|backups?|tables?|database|repository|account|history|originals?)\b`,
    ),
    /delet|remov|clean|purge|drop|wip|eras|reset/i,
  ],
  [
    pattern(
      String.raw`\b(?:${deeds.switchedOff})\b[^.\n"\\]{0,30}\b(?:firewall|logging|audit|antivirus|two-factor|2fa|mfa|protection|monitoring|encryption)\b`,
    ),
    /disabl|firewall|logging|protect|monitor|setting|configur/i,
  ],
  [
    pattern(
      String.raw`\b(?:${deeds.installed})\b[^.\n"\\]{0,30}\b(?:cron ?job|start-?up (?:item|script)|background (?:task|service|agent)|daemon|webhook|browser extension)\b`,
    ),
    /cron|schedul|install|startup|service|webhook|extension|register/i,
  ],
]
const readsOnly =
  /\b(?:read|look|check|list|find|search|see|view|show|summari[sz]e|get|count|understand|explain)\b/i
const changes =
  /\b(?:delete|remove|drop|clean|purge|wipe|erase|send|write|create|update|change|edit|post|publish|fix|close|move|revoke|reset|replace|kill|stop)\b/i
const addressed = /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b/g

/** Intent Guard: call and result beside what the tool is for. Reads the ends of long results. Pure, linear. */
export function judgeIntent(facts: IntentFacts): readonly Finding[] {
  const result = endsOf(facts.resultText)
  const findings: Finding[] = []
  againstPurpose(facts, findings)
  if (anyDeed.test(result)) {
    sentElsewhere(facts, result, findings)
    besideTheWork(facts, result, findings)
  }
  if (answersAboutAnother(facts.argsText, result))
    findings.push(
      departs('other-answer', 'The result is about another thing than the call asked for.', 'result', 0.55),
    )
  return findings
}

function againstPurpose({ reach, purpose, argsText }: IntentFacts, findings: Finding[]): void {
  if (purpose === undefined || reach === 'reads') return
  if (reach === 'destroys' && readsOnly.test(purpose) && !changes.test(purpose))
    findings.push(
      departs(
        'purpose-and-call',
        'The call destroys, while the stated purpose only reads.',
        'arguments',
        0.6,
      ),
    )
  const named = new Set(purpose.slice(0, 4_000).toLowerCase().match(addressed) ?? [])
  const given = new Set(argsText.slice(0, 16_000).toLowerCase().match(addressed) ?? [])
  if (named.size > 0 && [...given].some((each) => !named.has(each)))
    findings.push(
      departs(
        'argument-beside-task',
        'The call addresses somebody whom the stated purpose does not name, while it names others.',
        'arguments',
        0.6,
      ),
    )
}

function sentElsewhere({ reach, tool, argsText }: IntentFacts, result: string, findings: Finding[]): void {
  if (reach !== 'reads' && (sends.test(tool) || tool === '')) return
  const found = sentAway.exec(result)?.[1]
  if (found === undefined || argsText.toLowerCase().includes(found.toLowerCase())) return
  findings.push(
    departs(
      reach === 'reads' ? 'reading-tool-sends' : 'unexpected-destination',
      reach === 'reads'
        ? 'A tool that reads says that it sent something to an address nobody gave it.'
        : 'A tool that is not for sending says that it sent something to an address nobody gave it.',
      'result',
      0.7,
    ),
  )
}

function besideTheWork({ tool, argsText }: IntentFacts, result: string, findings: Finding[]): void {
  for (const [said, about] of sideEffects) {
    if (!said.test(result) || about.test(`${tool} ${argsText.slice(0, 4_000)}`)) continue
    findings.push(
      departs(
        'side-effect',
        'The result tells of a change that neither the tool nor the call is about.',
        'result',
        0.65,
      ),
    )
    return
  }
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

/** The start says what the result is about; whatever was done beside it is told at the end. */
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
