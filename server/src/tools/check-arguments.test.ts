import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '../kernel/json.ts'
import { argumentCheck } from './check-arguments.ts'
import { compilePattern, PatternTooCostly } from './match-pattern.ts'

const checks = argumentCheck()
const check = (inputSchema: JsonObject, args?: Json) =>
  checks.check({ hash: JSON.stringify(inputSchema), inputSchema }, args)

test('errors name the field, the rule and what is allowed, all at once', () => {
  const schema = {
    type: 'object',
    properties: {
      path: { type: 'string' },
      mode: { enum: ['r', 'w'] },
      at: { type: 'array', items: { type: 'integer' } },
    },
    required: ['path'],
    additionalProperties: false,
  }
  expect(check(schema, { path: 'a', mode: 'r', at: [1] })).toBeUndefined()
  expect(check(schema, { mode: 'x', at: [1, 'b'], more: 1 })).toEqual([
    { loc: 'arguments.path', rule: 'required', msg: "must have required property 'path'" },
    { loc: 'arguments.more', rule: 'additionalProperties', msg: 'must NOT have additional properties' },
    { loc: 'arguments.mode', rule: 'enum', msg: 'must be equal to one of the allowed values: ["r","w"]' },
    { loc: 'arguments.at.1', rule: 'type', msg: 'must be integer' },
  ])
})

test('absent arguments count as an empty object', () => {
  expect(check({ type: 'object' })).toBeUndefined()
  expect(check({ type: 'object', required: ['a'] })).toHaveLength(1)
})

test('draft-07 lists of items work with and without the dialect named, draft-04 bounds too', () => {
  for (const dialect of [{}, { $schema: 'http://json-schema.org/draft-07/schema#' }]) {
    const schema = {
      ...dialect,
      properties: { pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] } },
    }
    expect(check(schema, { pair: ['a', 1] })).toBeUndefined()
    expect(check(schema, { pair: [1, 'a'] })).toHaveLength(2)
  }
  expect(check({ properties: { n: { minimum: 1, exclusiveMinimum: true } } }, { n: 1 })).toHaveLength(1)
  expect(
    check(
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        properties: { t: { prefixItems: [{ type: 'string' }] } },
      },
      { t: [1] },
    ),
  ).toHaveLength(1)
})

test('names of the object prototype are names like any other', () => {
  expect(check({ type: 'object', required: ['toString'] }, {})).toHaveLength(1)
  expect(check({ type: 'object', properties: { constructor: { type: 'string' } } }, {})).toBeUndefined()
})

test.each([
  ['a network reference', { properties: { a: { $ref: 'https://example.com/schema.json' } } }],
  ['a file reference', { properties: { a: { $ref: 'other.json' } } }],
  ['a type that does not exist', { properties: { a: { type: 'float' } } }],
  ['a missing definition', { $ref: '#/$defs/none' }],
  [
    'endless nesting',
    Array.from({ length: 60 }).reduce<JsonObject>((inner) => ({ properties: { a: inner } }), {}),
  ],
  ['thousands of parts', { enum: Array.from({ length: 20_000 }, (_, at) => at) }],
  ['a back reference', { properties: { a: { pattern: '(a)\\1' } } }],
])('a schema with %s is refused and its calls fail closed', (_, inputSchema) => {
  expect(checks.findFault({ hash: JSON.stringify(inputSchema), inputSchema })).toBeTypeOf('string')
  expect(check(inputSchema, {})).toMatchObject([{ loc: 'arguments', rule: 'schema' }])
})

test('chains of references that double the work with every link end quickly', () => {
  const $defs: JsonObject = { d0: { type: 'object' } }
  for (let at = 1; at <= 40; at++)
    $defs[`d${at}`] = { allOf: [{ $ref: `#/$defs/d${at - 1}` }, { $ref: `#/$defs/d${at - 1}` }] }
  const started = performance.now()
  expect(check({ $defs, $ref: '#/$defs/d40' }, {})).toMatchObject([{ rule: 'cost' }])
  const doubling = { allOf: [{ properties: { a: { $ref: '#' } } }, { properties: { a: { $ref: '#' } } }] }
  const deep = Array.from({ length: 60 }).reduce<JsonObject>((inner) => ({ a: inner }), {})
  expect(check(doubling, deep)).toMatchObject([{ rule: 'cost' }])
  expect(check({ $ref: '#' }, {})).toMatchObject([{ rule: 'cost' }])
  expect(performance.now() - started).toBeLessThan(3_000)
})

test('a recursive schema still serves ordinary arguments', () => {
  const tree = {
    $defs: {
      node: {
        type: 'object',
        properties: { kids: { type: 'array', items: { $ref: '#/$defs/node' } } },
        required: ['id'],
      },
    },
    $ref: '#/$defs/node',
  }
  expect(check(tree, { id: 1, kids: [{ id: 2, kids: [] }] })).toBeUndefined()
  expect(check(tree, { id: 1, kids: [{}] })).toMatchObject([{ loc: 'arguments.kids.0.id' }])
})

test('uniqueItems over many objects takes no more than one pass', () => {
  const schema = { properties: { list: { type: 'array', uniqueItems: true } } }
  const list = Array.from({ length: 50_000 }, (_, id) => ({ id }))
  const started = performance.now()
  expect(check(schema, { list })).toBeUndefined()
  expect(check(schema, { list: [...list, { id: 7 }] })).toHaveLength(1)
  expect(performance.now() - started).toBeLessThan(3_000)
})

test('patterns that hang other engines are answered in bounded time', () => {
  const started = performance.now()
  const text = `${'a'.repeat(5_000)}!`
  for (const pattern of [
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '^(.*)*x$',
    'a*a*a*a*a*b',
    '^(?=(a+)+$)x',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
  ]) {
    const matcher = compilePattern(pattern)
    try {
      expect(matcher.test(text)).toBe(false)
    } catch (error) {
      expect(error).toBeInstanceOf(PatternTooCostly)
    }
  }
  expect(check({ properties: { a: { type: 'string', pattern: '^(a+)+$' } } }, { a: text })).toHaveLength(1)
  expect(performance.now() - started).toBeLessThan(5_000)
})

test('the matcher agrees with the built-in engine', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '\\d',
    '\\w',
    '\\s',
    '\\b',
    '(?:a|b)',
    '(ab|a)',
    '(?=a)',
    '(?!b)',
    '\\.',
    '^',
    '$',
    '\\u0061',
    'é',
  )
  const quantifier = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?')
  const piece = fc
    .tuple(atom, quantifier)
    .map(([one, many]) => (/^(\\b|\^|\$|\(\?[=!])/.test(one) ? one : `${one}${many}`))
  const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''))
  const nested = fc
    .tuple(pattern, pattern, fc.constantFrom('', '*', '{1,2}'))
    .map(([one, two, many]) => `(?:${one}|${two})${many}${one}`)
  fc.assert(
    fc.property(
      fc.oneof(pattern, nested),
      fc.array(fc.constantFrom('a', 'b', ' ', '1', '.', 'é', '\n'), { maxLength: 8 }),
      (source, letters) => {
        const text = letters.join('')
        expect(compilePattern(source).test(text)).toBe(new RegExp(source, 'u').test(text))
      },
    ),
    { numRuns: 3_000 },
  )
})

test.each([
  ['^[\\w\\-\\.]+@x$', 'a-b.c@x', true],
  [
    '^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_]*)[A-Za-z0-9_]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$',
    'me@example.com',
    true,
  ],
  [
    '^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_]*)[A-Za-z0-9_]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$',
    'a..b@example.com',
    false,
  ],
  ['^\\p{L}+$', 'Zürich', true],
  ['^😀$', '😀', true],
])('pattern %s on %s gives %s', (pattern, text, expected) => {
  expect(compilePattern(pattern).test(text)).toBe(expected)
})
