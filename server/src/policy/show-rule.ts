import { noAttributes } from '../kernel/attributes.ts'
import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { WrittenRule } from './check-rule.ts'
import type { RuleDraft } from './policy.ts'
import { idsOf, type Principals, type Rule, superAdminRule } from './rule.ts'
import type { BuiltinState, StoredRule } from './store.ts'

/** A rule as REST shows it. What is shown can be sent back. */
export function documentOf(rule: StoredRule, notes: string[]) {
  return {
    ...content(rule),
    builtin: false,
    demo: rule.demo,
    version: rule.version,
    created_by: rule.createdBy ?? null,
    created_at: rule.createdAt.toISOString(),
    updated_at: rule.updatedAt.toISOString(),
    notes,
  }
}

/** undefined once it was removed. */
export function builtinDocument(state: BuiltinState) {
  if (state === 'removed') return undefined
  return {
    ...content({ ...superAdminRule, enabled: state === 'enabled' }),
    builtin: true,
    demo: false,
    version: 1,
    created_by: null,
    created_at: null,
    updated_at: null,
    notes: ['Comes with the product. Every deny is stronger.'],
  }
}

function content(rule: Rule) {
  return {
    id: rule.id,
    effect: rule.effect,
    description: rule.description,
    enabled: rule.enabled,
    expires_at: rule.expiresAtMs === undefined ? null : new Date(rule.expiresAtMs).toISOString(),
    audit: 'standard' as const,
    principals: showPrincipals(rule.principals),
    scope: {
      servers: rule.scope.servers === '*' ? ('*' as const) : [...rule.scope.servers],
      tools: rule.scope.tools === undefined ? null : [...rule.scope.tools],
      resources: rule.scope.resources === undefined ? null : [...rule.scope.resources],
    },
    conditions: rule.conditions.map(({ field, operator, value }) => ({
      field,
      operator,
      value: typeof value === 'object' ? [...value] : value,
    })),
  }
}

function showPrincipals(principals: Principals) {
  const { type } = principals
  if (type !== 'attributes') return { type, ids: [...idsOf(principals)] }
  const attributes = Object.entries(principals.attributes).map(
    ([name, values]) => [name, [...values]] as const,
  )
  return { type, ids: [], attributes: Object.fromEntries(attributes) as Record<string, string[]> }
}

type WrittenRecord = WrittenRule & {
  description?: string | undefined
  enabled?: boolean | undefined
  expires_at?: string | null | undefined
}

/** The rule to store. `written` must be free of mistakes (check-rule.ts). */
export function draftOf(written: WrittenRecord): RuleDraft {
  const { servers, tools, resources } = written.scope
  return {
    effect: written.effect === 'deny' ? 'deny' : 'allow',
    description: written.description ?? '',
    enabled: written.enabled ?? true,
    expiresAtMs: written.expires_at == null ? undefined : Date.parse(written.expires_at),
    principals: principalsOf(written.principals),
    scope: {
      servers: servers === '*' ? '*' : ([...new Set(servers)] as ServerId[]),
      tools: tools ?? undefined,
      resources: resources ?? undefined,
    },
    conditions: written.conditions,
  }
}

function principalsOf({ type, ids, attributes = noAttributes }: WrittenRule['principals']): Principals {
  if (type === 'everyone') return { type }
  if (type === 'attributes') return { type, attributes }
  return { type, ids: [...new Set(ids)] } as Principals
}

/** What a rule does that its author may not expect (R23, product.md §8.5). */
export function notesOn(
  rule: StoredRule,
  connector: (id: ServerId) => Pick<Connector, 'name' | 'skipInputValidation'> | undefined,
): string[] {
  const notes: string[] = []
  if (!rule.conditions.some((condition) => condition.field.startsWith('payload.'))) return notes
  notes.push(
    rule.effect === 'allow'
      ? 'Tools stay listed when some arguments could pass; each call is judged by its own arguments.'
      : 'Tools stay listed, because only some arguments are denied; each call is judged by its own arguments.',
  )
  const servers = rule.scope.servers === '*' ? [] : rule.scope.servers
  for (const id of servers) {
    const found = connector(id)
    if (found?.skipInputValidation !== true) continue
    notes.push(
      rule.effect === 'allow'
        ? `${found.name} skips input validation, so this rule allows nothing there.`
        : `${found.name} skips input validation, so this rule denies its tools there whatever the arguments.`,
    )
  }
  return notes
}
