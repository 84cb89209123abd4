import { z } from 'zod'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import type { Route } from '../kernel/route.ts'

export type RawInput = { params: unknown; query: unknown; body: unknown }
export type CheckedInput = { params: never; query: never; body: never }

/** Issues then tell a missing field from one of the wrong type. What was sent is never shown or logged. */
const reported = { reportInput: true }

/**
 * Makes the input check of one operation. Every wrong field is reported at once; fields nobody declared are refused, so
 * that a misspelt filter or setting is never silently ignored.
 */
export function inputCheck(route: Route): (raw: RawInput) => CheckedInput {
  const query = z.strictObject(route.query?.shape ?? {})
  const narrowQuery = route.query === undefined ? query : closed(route.query)
  const body = route.body === undefined ? undefined : closed(route.body)
  return (raw) => {
    const params = route.params?.safeParse(raw.params)
    // An id in an odd spelling is an unknown id, not a wrong field (T10).
    if (params?.success === false) throw new GatewayError('not-found', 'Nothing has this id.')
    const parsedQuery = narrowQuery.safeParse(raw.query ?? {}, reported)
    const parsedBody = body?.safeParse(raw.body, reported)
    if (parsedBody?.success === false && raw.body === undefined)
      throw new GatewayError('unreadable-json', 'This operation needs a JSON body.')
    const errors = [...fieldErrors('query', parsedQuery), ...fieldErrors('body', parsedBody)]
    if (errors.length > 0) throw new GatewayError('invalid-field', summary(errors), { errors })
    return { params: params?.data, query: parsedQuery.data, body: parsedBody?.data } as CheckedInput
  }
}

/** An object schema that does not say what happens to unknown fields refuses them. */
function closed(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema._zod.def.catchall === undefined ? schema.strict() : schema
}

function fieldErrors(
  place: 'query' | 'body',
  outcome: z.ZodSafeParseResult<unknown> | undefined,
): FieldError[] {
  return outcome?.success === false ? outcome.error.issues.flatMap((issue) => flatten(place, issue)) : []
}

function flatten(place: string, issue: z.core.$ZodIssue): FieldError[] {
  const loc = [place, ...issue.path.map(String)].join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      loc: `${loc}.${key}`,
      rule: 'unknown-field',
      msg: 'There is no such field.',
    }))
  }
  return [{ loc, rule: ruleOf(issue), msg: issue.message }]
}

/** The name of the broken rule, stable enough to branch on: zod's code, or the format that did not fit. */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_format') return `format-${issue.format}`
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'required'
  return issue.code.replaceAll('_', '-')
}

function summary(errors: readonly FieldError[]): string {
  const [first] = errors
  if (errors.length === 1) return `${first?.loc}: ${first?.msg}`
  return `${errors.length} fields are not valid, the first is ${first?.loc}: ${first?.msg}`
}
