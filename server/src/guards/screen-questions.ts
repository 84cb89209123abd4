import type { ScanNote } from '../kernel/call.ts'
import type { GatewayError } from '../kernel/errors.ts'
import { isObjectText, membersOf, stringOf } from '../lib/raw-json.ts'
import type { ScanReport } from './decide-action.ts'
import { maskPersonal } from './find-personal.ts'
import { type BesideParts, judgeNow } from './judge-beside.ts'
import { secretAsked } from './judge-question.ts'
import { blocked, reportsOf } from './judge-text.ts'
import { maskJson } from './mask-text.ts'
import type { ExchangeGuard } from './screened-exchange.ts'
import type { GuardSettings } from './settings.ts'

/** `whole`: the text that holds the questions was judged as a whole already. */
type Place = {
  readonly parts: BesideParts
  readonly connector: string
  readonly settings: GuardSettings
  readonly whole?: boolean
}

/** A server may send a thousand notices; audit needs to know of the first. */
const maxLate = 32

/** What a server may say and ask while its call runs (T34). `late` hears what was seen. */
export function questionGuard(place: Place, late: ScanNote[]): ExchangeGuard {
  const mask = (text: string) => maskedText(place.settings, text)
  return {
    notice(params) {
      const { action, reports } = judgeNow(place.parts, {
        kind: 'tool_output',
        text: params,
        settings: place.settings,
      })
      keep(late, reports)
      return action === 'block' ? undefined : mask(params)
    },
    question(method, params) {
      const reports = [
        ...secretReports(method, params, place.settings),
        ...textReports(place, method, params),
      ]
      keep(late, reports)
      const refused = refusal(reports, place.connector)
      return refused === undefined ? { params: mask(params) } : { params, refused: refused.message }
    },
  }
}

/** Questions that come as an answer: `inputRequests` of a modern server, or of a parked call. Throws `content-blocked`. */
export function screenRequests(place: Place, requests: string): { text: string; reports: ScanReport[] } {
  const reports: ScanReport[] = []
  if (isObjectText(requests)) {
    for (const text of membersOf(requests).values()) {
      if (!isObjectText(text)) continue
      const question = membersOf(text)
      const method = stringOf(question.get('method')) ?? ''
      const params = question.get('params') ?? '{}'
      reports.push(
        ...secretReports(method, params, place.settings),
        ...(place.whole === true ? [] : textReports(place, method, params)),
      )
    }
  }
  const refused = refusal(reports, place.connector)
  if (refused !== undefined) throw refused
  return { text: maskedText(place.settings, requests), reports }
}

function keep(late: ScanNote[], reports: readonly ScanReport[]): void {
  late.push(...reports.slice(0, Math.max(0, maxLate - late.length)))
}

/** What stands in a question: a person reads a form, a model reads what is sampled, which is a prompt by nature. */
function textReports({ parts, settings }: Place, method: string, params: string): readonly ScanReport[] {
  const kind = method === 'sampling/createMessage' ? 'tool_input' : 'tool_output'
  return judgeNow(parts, { kind, text: params, settings }).reports
}

function secretReports(method: string, params: string, settings: GuardSettings): readonly ScanReport[] {
  if (settings.actions.questions === 'allow') return []
  const asked = secretAsked(method, params)
  if (asked === undefined) return []
  return reportsOf(
    [
      {
        detector: 'secret-question',
        scanner: 'questions',
        category: 'secret-question',
        reason: `It asks for ${asked.what}. No connector may ask for that in a form; a page of its own may.`,
        path: asked.path,
        excerpt: '',
        weight: 0.9,
        through: undefined,
      },
    ],
    settings,
  )
}

function refusal(reports: readonly ScanReport[], connector: string): GatewayError | undefined {
  return blocked(reports, { what: 'question', connector })
}

export function maskedText(settings: GuardSettings, text: string): string {
  const { secrets, hidden, personal } = settings.actions
  const seen = personal === 'mask' ? maskPersonal(text) : text
  if (secrets !== 'mask' && hidden !== 'mask') return seen
  return maskJson(seen, { secrets: secrets === 'mask', hidden: hidden === 'mask' }).text
}
