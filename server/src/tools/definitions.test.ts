import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWordingOnly } from './compare-definitions.ts'
import { hashDefinition } from './hash-definition.ts'
import { hiddenKinds, showHidden } from './hidden-characters.ts'
import { maxPublicName, namePublicly } from './name-tool.ts'
import { encodeHeaderValue, headersFor, readHeaderRules } from './param-headers.ts'

test('the hash of a definition does not depend on the order of members, spaces or escapes, but on every digit', () => {
  const base = hashDefinition('{"a":1,"b":[{"x":1.0,"y":"é"}]}')
  expect(hashDefinition('{ "b" : [ {"y":"\\u00e9", "x":1.0} ], "a":1 }')).toBe(base)
  expect(hashDefinition('{"a":1,"b":[{"x":1,"y":"é"}]}')).not.toBe(base)
  expect(hashDefinition('9007199254740993')).not.toBe(hashDefinition('9007199254740992'))
})

test('only a new title or description counts as new wording', () => {
  const tool = {
    name: 'n',
    description: 'd',
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true },
  }
  const differs = (change: object) =>
    isWordingOnly(JSON.stringify(tool), JSON.stringify({ ...tool, ...change }))
  expect(differs({ description: 'e', title: 't' })).toBe(true)
  expect(differs({ annotations: {} })).toBe(false)
  expect(differs({ outputSchema: {} })).toBe(false)
  expect(differs({ inputSchema: { type: 'object', description: 'x' } })).toBe(false)
  expect(differs({ _meta: { a: 1 } })).toBe(false)
})

test.each([
  ['a\u200bb', ['invisible']],
  ['a\u202eb', ['bidirectional']],
  ['a\u{e0041}b', ['tag']],
  ['a\ufe0fb', ['variation selector']],
  ['a\u{e0100}b', ['variation selector']],
  ['a\u0007b', ['control']],
  ['\u001b[31mred', ['terminal escape']],
  ['so\u00adft', ['invisible']],
  ['\ufeffa', ['invisible']],
])('hidden characters in %j are found and written out', (text, kinds) => {
  expect(hiddenKinds(text)).toEqual(kinds)
  expect(showHidden(text)).toMatch(/<U\+[0-9A-F]{4,}>/)
})

test.each([
  'plain',
  'línea\nnueva\ttab',
  '❤️ and 👩‍👩‍👧 and 1️⃣',
  '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
  '葛\u{e0100}城',
  'می‌خواهم',
  'עברית',
  'क्‍ष',
  '👍🏽‍🔧',
])('ordinary text %j has no hidden characters', (text) => {
  expect(hiddenKinds(text)).toEqual([])
})

test('public names are unique, short, in the allowed alphabet and never look like a reserved one', () => {
  const origin = fc.record({
    serverId: fc.uuid(),
    slug: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,70}$/),
    name: fc.oneof(
      fc.string({ minLength: 1, maxLength: 90 }),
      fc.constantFrom('connect', 'tools', 'a_connect', 'tool', 'a b', 'a.b', 'a_b', '_connect', 'CONNECT'),
    ),
  })
  fc.assert(
    fc.property(fc.array(origin, { maxLength: 60 }), (origins) => {
      const taken = new Map<string, string>()
      for (const each of origins) {
        const key = `${each.serverId} ${each.name}`
        if ([...taken.values()].includes(key)) continue
        const name = namePublicly(each, (candidate) => taken.has(candidate))
        expect(name).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(name.length).toBeLessThanOrEqual(maxPublicName)
        expect(name.toLowerCase().endsWith('_connect')).toBe(false)
        expect(['search_tools', 'execute_tool']).not.toContain(name)
        expect(taken.has(name)).toBe(false)
        taken.set(name, key)
      }
    }),
    { numRuns: 300 },
  )
  expect(namePublicly({ serverId: 's', slug: 'search', name: 'tools' }, () => false)).toMatch(
    /^search_tools_[0-9a-f]{8}$/,
  )
  expect(namePublicly({ serverId: 's', slug: 'files', name: 'read' }, () => false)).toBe('files_read')
})

test('parameters are mirrored into headers by the rules of the revision', () => {
  const schema = {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      deep: {
        type: 'object',
        properties: {
          count: { type: ['integer', 'null'], 'x-mcp-header': 'Count' },
          dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
        },
      },
      sample: { type: 'object', default: { 'x-mcp-header': 'not a rule' } },
    },
  }
  const { rules, problems } = readHeaderRules(schema)
  expect(problems).toEqual([])
  expect(headersFor(rules, { region: 'eu', deep: { count: 3, dry: false } })).toEqual({
    'Mcp-Param-Region': 'eu',
    'Mcp-Param-Count': '3',
    'Mcp-Param-Dry': 'false',
  })
  expect(headersFor(rules, { region: null })).toEqual({})
  expect(headersFor(rules, {})).toEqual({})
  expect(() => headersFor(rules, { deep: { count: 2 ** 53 } })).toThrow('2^53-1')
})

test.each([
  ['a number', { properties: { a: { type: 'number', 'x-mcp-header': 'A' } } }],
  ['an empty name', { properties: { a: { type: 'string', 'x-mcp-header': '' } } }],
  ['a name with a space', { properties: { a: { type: 'string', 'x-mcp-header': 'A B' } } }],
  [
    'one name twice',
    {
      properties: { a: { type: 'string', 'x-mcp-header': 'A' }, b: { type: 'string', 'x-mcp-header': 'a' } },
    },
  ],
  [
    'an array element',
    { properties: { a: { type: 'array', items: { type: 'string', 'x-mcp-header': 'A' } } } },
  ],
  ['a choice', { anyOf: [{ properties: { a: { type: 'string', 'x-mcp-header': 'A' } } }] }],
  ['a definition', { $defs: { a: { type: 'string', 'x-mcp-header': 'A' } } }],
  ['the root', { type: 'string', 'x-mcp-header': 'A' }],
])('x-mcp-header on %s is a breach', (_, schema) => {
  expect(readHeaderRules(schema).problems).toHaveLength(1)
})

test('header values that a header cannot carry are sent in the sentinel form', () => {
  expect(encodeHeaderValue('plain value')).toBe('plain value')
  for (const value of ['Zürich', ' padded', 'two\nlines', '=?base64?aGk=?=']) {
    const sent = encodeHeaderValue(value)
    const inner = /^=\?base64\?(.*)\?=$/.exec(sent)?.[1] ?? ''
    expect(Buffer.from(inner, 'base64').toString('utf8')).toBe(value)
  }
})
