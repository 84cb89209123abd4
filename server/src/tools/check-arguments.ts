import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { FieldError } from '../kernel/errors.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import { findSchemaFault, stepKeyword, withStepCounts } from './check-schema.ts'
import { canonicalText } from './hash-definition.ts'
import { compilePattern, PatternTooCostly } from './match-pattern.ts'

const maxErrors = 20
const maxCompiled = 500
/** Parts of schema applied to parts of arguments in one check; some hundred milliseconds at worst. */
const maxSteps = 20_000_000
/** Arguments up to this size get all their errors named; longer ones the first, so that errors cannot pile up. */
const allErrorsUpTo = 64 * 1024

class CheckTooCostly extends Error {
  override readonly name = 'CheckTooCostly'
}

type Budget = { left: number }
type Compiled = { check(args: Json): readonly FieldError[] | undefined } | { fault: string }

/** Validates arguments against pinned input schemas. Each schema is compiled once while it is among the last 500 used. */
export type ArgumentCheck = {
  /** undefined when the arguments fit; absent arguments count as `{}`. Fails closed when the schema cannot be used. */
  check(
    tool: Pick<PinnedTool, 'hash' | 'inputSchema'>,
    args: Json | undefined,
  ): readonly FieldError[] | undefined
  /** Why the schema cannot be used; undefined when it can, and then it is ready for the first call. */
  findFault(tool: Pick<PinnedTool, 'hash' | 'inputSchema'>): string | undefined
}

/** `uniqueItems` in one pass: comparing every pair of a megabyte of objects would stop the process. */
function isUnique(wanted: boolean, items: Json[]): boolean {
  if (!wanted || items.length < 2) return true
  return new Set(items.map((item) => canonicalText(JSON.stringify(item)))).size === items.length
}

function safeRegExp(source: string): { test(text: string): boolean; toString(): string } {
  const matcher = compilePattern(source)
  return { test: (text) => matcher.test(text), toString: () => `pattern ${source}` }
}
safeRegExp.code = 'safeRegExp'

type Draft = 'old' | 'new'
type Compiler = (schema: JsonObject, draft: Draft, allErrors: boolean) => ValidateFunction

function makeAjv(draft: Draft, allErrors: boolean, budget: Budget): Ajv {
  const options: Options = {
    strict: false,
    validateSchema: false,
    inlineRefs: false,
    ownProperties: true,
    logger: false,
    allErrors,
    code: { regExp: safeRegExp },
  }
  const ajv = draft === 'old' ? new Ajv(options) : new Ajv2020(options)
  addFormats.default(ajv, { mode: 'fast', keywords: false })
  ajv.addKeyword({
    keyword: stepKeyword,
    schemaType: 'number',
    errors: false,
    validate: (weight: number) => {
      budget.left -= weight
      if (budget.left < 0) throw new CheckTooCostly('the check takes too many steps')
      return true
    },
  })
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    errors: false,
    validate: isUnique,
  })
  return ajv
}

/** At most four Ajv instances. Each forgets a schema once it is compiled, so no schema can refer to another's. */
function schemaCompiler(budget: Budget): Compiler {
  const instances = new Map<string, Ajv>()
  return (schema, draft, allErrors) => {
    const key = `${draft} ${allErrors}`
    const ajv = instances.get(key) ?? makeAjv(draft, allErrors, budget)
    instances.set(key, ajv)
    try {
      return ajv.compile(schema)
    } finally {
      ajv.removeSchema(schema)
    }
  }
}

function usesOldDraft(schema: JsonObject): boolean {
  const dialect = schema['$schema']
  return typeof dialect === 'string' && /draft-0?[3-7]/.test(dialect)
}

function asFieldError(error: ErrorObject): FieldError {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const params: Record<string, unknown> = error.params
  for (const name of ['missingProperty', 'additionalProperty', 'unevaluatedProperty', 'propertyName']) {
    if (typeof params[name] === 'string') path.push(params[name])
  }
  const allowed = params['allowedValues']
  const values = Array.isArray(allowed) ? `: ${JSON.stringify(allowed.slice(0, 20)).slice(0, 500)}` : ''
  return {
    loc: ['arguments', ...path].join('.').slice(0, 500),
    rule: error.keyword,
    msg: `${error.message ?? 'is not valid'}${values}`.slice(0, 1_000),
  }
}

function refusal(error: unknown): readonly FieldError[] {
  const isCost =
    error instanceof CheckTooCostly || error instanceof PatternTooCostly || error instanceof RangeError
  if (!isCost) throw error
  return [
    {
      loc: 'arguments',
      rule: 'cost',
      msg: 'cannot be checked against the input schema with reasonable effort; send less',
    },
  ]
}

type Chosen = { validate: ValidateFunction; draft: Draft }

/** Servers that name no dialect often write draft-07, where `items` may be a list. */
function compileFirst(schema: JsonObject, draft: Draft, compiler: Compiler): Chosen | { fault: string } {
  try {
    return { validate: compiler(schema, draft, false), draft }
  } catch (error) {
    if (draft === 'new') {
      const older = compileFirst(schema, 'old', compiler)
      if (!('fault' in older)) return older
    }
    return {
      fault: `the input schema cannot be compiled: ${error instanceof Error ? error.message.slice(0, 300) : 'unknown reason'}`,
    }
  }
}

function compile(schema: JsonObject, compiler: Compiler, budget: Budget): Compiled {
  const fault = findSchemaFault(schema)
  if (fault !== undefined) return { fault }
  const counted = withStepCounts(schema)
  const first = compileFirst(counted, usesOldDraft(schema) ? 'old' : 'new', compiler)
  if ('fault' in first) return first
  let all: ValidateFunction | undefined
  const run = (validate: ValidateFunction, args: Json): readonly FieldError[] | undefined => {
    budget.left = maxSteps
    return validate(args) ? undefined : (validate.errors ?? []).slice(0, maxErrors).map(asFieldError)
  }
  return {
    check(args) {
      try {
        const errors = run(first.validate, args)
        if (errors === undefined || JSON.stringify(args).length > allErrorsUpTo) return errors
        all ??= compiler(counted, first.draft, true)
        return run(all, args) ?? errors
      } catch (error) {
        return refusal(error)
      }
    },
  }
}

export function argumentCheck(): ArgumentCheck {
  const budget: Budget = { left: 0 }
  const compiler = schemaCompiler(budget)
  const compiled = new BoundedCache<Compiled>(maxCompiled)
  const compiledFor = (tool: Pick<PinnedTool, 'hash' | 'inputSchema'>): Compiled => {
    const known = compiled.get(tool.hash)
    if (known !== undefined) return known
    const made = compile(tool.inputSchema, compiler, budget)
    compiled.set(tool.hash, made)
    return made
  }
  return {
    check(tool, args) {
      const ready = compiledFor(tool)
      if ('fault' in ready) return [{ loc: 'arguments', rule: 'schema', msg: ready.fault }]
      return ready.check(args ?? {})
    },
    findFault(tool) {
      const ready = compiledFor(tool)
      return 'fault' in ready ? ready.fault : undefined
    },
  }
}
