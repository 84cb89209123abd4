import { expect, test } from 'vitest'
import { schemaFields, startArguments } from '../../web/src/lib/schema-fields.ts'

const schema = {
  type: 'object',
  properties: {
    path: { type: 'string', description: 'Where' },
    depth: { type: ['integer', 'null'], default: 2 },
    mode: { enum: ['text', 'lines'] },
    follow: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    filter: { anyOf: [{ type: 'string' }, { type: 'object' }] },
  },
  required: ['path', 'mode', 'follow'],
}

test('each property becomes the simplest field that can say it, the rest raw JSON', () => {
  expect(schemaFields(schema).map((field) => [field.name, field.kind])).toEqual([
    ['path', 'text'],
    ['depth', 'number'],
    ['mode', 'choice'],
    ['follow', 'boolean'],
    ['tags', 'texts'],
    ['filter', 'json'],
  ])
})

test('arguments start with defaults and with what a form always shows', () => {
  expect(startArguments(schemaFields(schema))).toEqual({ depth: 2, mode: 'text', follow: false })
})

test('a schema that is no object schema gives no fields', () => {
  for (const odd of [undefined, null, true, [], { type: 'object' }, { properties: 'x' }]) {
    expect(schemaFields(odd)).toEqual([])
  }
})

test('a schema with very many properties stays a bounded form', () => {
  const properties = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`p${n}`, { type: 'string' }]))
  expect(schemaFields({ properties }).length).toBeLessThanOrEqual(60)
})
