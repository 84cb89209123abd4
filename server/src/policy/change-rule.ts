import { type FieldError, GatewayError } from '../kernel/errors.ts'
import { isUuid, type PolicyId, type ServerId } from '../kernel/ids.ts'
import type { RequestContext } from '../kernel/route.ts'
import { type Known, mistakesOf, type WrittenRule } from './check-rule.ts'
import type { RuleBook, RuleDraft } from './policy.ts'
import { type Effect, superAdminRule } from './rule.ts'
import { builtinDocument, documentOf, draftOf } from './show-rule.ts'
import type { RuleFilter, StoredRule } from './store.ts'

export const noSuchRule = () => new GatewayError('not-found', 'There is no policy with this id.')

type Page = {
  query?: string | undefined
  server_id?: string | undefined
  effect?: Effect | undefined
  limit: number
  cursor?: string | undefined
}
type Written = Parameters<typeof draftOf>[0]
type Document = ReturnType<typeof documentOf>

/** One page for REST. The built-in rule, which is not stored as one, comes first. */
export async function pageOfRules(book: RuleBook, query: Page, show: (rule: StoredRule) => Document) {
  const { cursor, limit, server_id: server } = query
  if (cursor !== undefined && !isUuid(cursor))
    throw invalid('query.cursor', 'cursor', 'Take next_cursor of a list.')
  // An odd id is an unknown server: no rule names it (T10).
  if (server !== undefined && !isUuid(server)) return { data: [], next_cursor: null }
  const filter = { query: query.query, serverId: server as ServerId | undefined, effect: query.effect }
  const first =
    cursor === undefined && showsBuiltin(filter) ? builtinDocument(await book.builtinState()) : undefined
  const rules = await book.page(filter, cursor as PolicyId | undefined, limit + 1)
  const shown = rules.slice(0, first === undefined ? limit : limit - 1)
  return {
    data: [...(first === undefined ? [] : [first]), ...shown.map(show)],
    next_cursor: rules.length > shown.length ? (shown.at(-1)?.id ?? beforeAll) : null,
  }
}

/** Sorts before every id, for a first page that the built-in rule fills alone. */
const beforeAll = '00000000-0000-0000-0000-000000000000'

export function rejectUnknown(): never {
  throw noSuchRule()
}

function showsBuiltin(filter: RuleFilter): boolean {
  const words = filter.query?.toLowerCase() ?? ''
  return (
    filter.serverId === undefined &&
    filter.effect !== 'deny' &&
    superAdminRule.description.toLowerCase().includes(words)
  )
}

/** Throws not-found, also for an odd spelling of an id. */
export async function storedRule(book: RuleBook, id: string): Promise<StoredRule> {
  const rule = isUuid(id) ? await book.find(id as PolicyId) : undefined
  return rule ?? rejectUnknown()
}

export function invalid(loc: string, rule: string, msg: string): GatewayError {
  return new GatewayError('invalid-field', `${loc}: ${msg}`, { errors: [{ loc, rule, msg }] })
}

/** Throws invalid-field naming everything wrong at once. */
export async function readDraft(
  written: WrittenRule & Parameters<typeof draftOf>[0],
  known: Known,
): Promise<RuleDraft> {
  const resolved = await withPersonIds(written, known)
  const errors: FieldError[] = await mistakesOf(resolved, known)
  const [first] = errors
  if (first !== undefined) throw new GatewayError('invalid-field', `${first.loc}: ${first.msg}`, { errors })
  return draftOf(resolved)
}

/** People may be named by email (product.md §8.1); what is stored is the id. */
async function withPersonIds<Written extends WrittenRule>(written: Written, known: Known): Promise<Written> {
  const { type, ids } = written.principals
  if (type !== 'user' || ids === undefined) return written
  const resolved = await Promise.all(
    ids.map(async (id) => (id.includes('@') ? ((await known.personByEmail(id)) ?? id) : id)),
  )
  return { ...written, principals: { ...written.principals, ids: resolved } }
}

/** A rule as changed by the fields that were sent. Throws not-found, invalid-field or conflict. */
export async function changeRule(
  parts: Known & { policy: { book: RuleBook } },
  id: string,
  sent: { [Field in keyof Written]?: Written[Field] | undefined } & { version?: number | undefined },
): Promise<{ before: StoredRule; after: StoredRule }> {
  const before = await storedRule(parts.policy.book, id)
  const { version, ...fields } = sent
  if (version !== undefined && version !== before.version) {
    throw new GatewayError(
      'conflict',
      `The rule is at version ${before.version} by now. Read it again and repeat the change.`,
    )
  }
  const changes = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const draft = await readDraft({ ...documentOf(before, []), ...changes }, parts)
  return { before, after: await parts.policy.book.replace(before, draft) }
}

/** Only enabled can be changed, which is also how a removed built-in rule comes back. */
export async function changeBuiltin(
  book: RuleBook,
  body: { enabled?: boolean | undefined },
  context: RequestContext,
) {
  const refused = Object.keys(body).find((field) => field !== 'enabled')
  if (refused !== undefined)
    throw invalid(`body.${refused}`, 'builtin', 'Only enabled can be changed on the built-in rule.')
  const before = await book.builtinState()
  const wanted = body.enabled === true ? 'enabled' : 'disabled'
  const after = body.enabled === undefined ? before : wanted
  if (after !== before) await book.setBuiltinState(after)
  context.record({ resourceId: superAdminRule.id, before: { state: before }, after: { state: after } })
  return builtinDocument(after) ?? rejectUnknown()
}

export async function removeBuiltin(book: RuleBook, context: RequestContext): Promise<undefined> {
  const before = await book.builtinState()
  if (before === 'removed') throw noSuchRule()
  await book.setBuiltinState('removed')
  context.record({ resourceId: superAdminRule.id, before: { state: before }, after: { state: 'removed' } })
}
