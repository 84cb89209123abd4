import type { ScanNote } from '../kernel/call.ts'
import type { GatewayError } from '../kernel/errors.ts'
import { isObjectText, membersOf, stringOf } from '../lib/raw-json.ts'
import type { ScanReport } from './decide-action.ts'
import { secretAsked } from './judge-question.ts'
import { blocked, reportsOf } from './judge-text.ts'
import { maskJson } from './mask-text.ts'
import type { ExchangeGuard } from './screened-exchange.ts'
import type { GuardSettings } from './settings.ts'

type Place = { readonly connector: string; readonly settings: GuardSettings }

/** What a server may say and ask while its call runs (T34). `late` hears what was seen. */
export function questionGuard(place: Place, late: ScanNote[]): ExchangeGuard {
  const mask = (text: string) => maskedText(place.settings, text)
  return {
    notice: mask,
    question(method, params) {
      const reports = secretReports(method, params, place.settings)
      late.push(...reports)
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
      reports.push(...secretReports(method, question.get('params') ?? '{}', place.settings))
    }
  }
  const refused = refusal(reports, place.connector)
  if (refused !== undefined) throw refused
  return { text: maskedText(place.settings, requests), reports }
}

function secretReports(method: string, params: string, settings: GuardSettings): ScanReport[] {
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
  const { secrets, hidden } = settings.actions
  if (secrets !== 'mask' && hidden !== 'mask') return text
  return maskJson(text, { secrets: secrets === 'mask', hidden: hidden === 'mask' }).text
}
