import scimmy from 'scimmy'
import { ScimRefusal } from './scim-error.ts'

const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'pr'] as const
type FilterOperator = (typeof operators)[number]
export type Comparison = { attribute: string; operator: FilterOperator; value: string }
/** One of the lists must hold whole; none at all is everything. */
export type Wanted = readonly (readonly Comparison[])[]

const longest = 1_000
const most = 20

/** Reads a filter of RFC 7644 §3.4.2.2. Throws invalidFilter for what is not understood: guessing would find the wrong person. */
export function readFilter(text: string | undefined): Wanted {
  if (text === undefined || text.trim() === '') return []
  if (text.length > longest) throw refused(`A filter has at most ${longest} characters.`)
  const parsed = parse(text)
  const wanted = parsed.map((all) => flat(all, ''))
  if (wanted.flat().length > most) throw refused(`A filter has at most ${most} comparisons.`)
  return wanted
}

function parse(text: string): Record<string, unknown>[] {
  try {
    return [...new scimmy.Types.Filter(text)] as Record<string, unknown>[]
  } catch (thrown) {
    throw refused(thrown instanceof Error ? thrown.message : 'The filter cannot be read.')
  }
}

function flat(all: Record<string, unknown>, path: string): Comparison[] {
  return Object.entries(all).flatMap(([name, inner]) => {
    // emails[type eq "work"].value: everybody has one address here, so which kind it is makes no difference.
    const attribute = `${path}${name}`.toLowerCase()
    if (attribute === 'emails.type' || attribute === 'emails.primary') return []
    if (Array.isArray(inner)) return expressions(inner).map((one) => comparisonOf(attribute, one))
    if (typeof inner === 'object' && inner !== null)
      return flat(inner as Record<string, unknown>, `${path}${name}.`)
    throw refused('The filter cannot be read.')
  })
}

/** One attribute may be compared once (`["eq","x"]`) or several times (a list of those). */
function expressions(inner: unknown[]): unknown[][] {
  return Array.isArray(inner[0]) ? (inner as unknown[][]) : [inner]
}

function comparisonOf(attribute: string, [operator, value]: unknown[]): Comparison {
  const known = operators.find((one) => one === operator)
  if (known === undefined) throw refused(`Filters compare by ${operators.join(', ')}.`)
  return {
    attribute: attribute === 'emails' ? 'emails.value' : attribute,
    operator: known,
    value: String(value ?? ''),
  }
}

const refused = (detail: string) => new ScimRefusal(400, detail, 'invalidFilter')

export function wordFor(attribute: string, known: readonly string[]): ScimRefusal {
  return refused(`Nothing is found by ${attribute.slice(0, 100)} here; filters go by ${known.join(', ')}.`)
}
