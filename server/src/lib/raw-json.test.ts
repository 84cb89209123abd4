import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { elementsOf, membersOf, objectText, refuseAmbiguity } from './raw-json.ts'
import { readMessage } from './rpc-message.ts'

/** That name is refused at every depth, which has a test of its own. */
const anyObject = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))
  .filter((value) => !JSON.stringify(value).includes('"__proto__":'))

describe('JSON kept as text', () => {
  test('members put together again mean the same as before', () => {
    fc.assert(
      fc.property(anyObject, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        expect(JSON.parse(objectText(membersOf(text)))).toEqual(JSON.parse(text))
      }),
    )
  })

  test('elements put together again mean the same as before', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        expect(JSON.parse(`[${elementsOf(text).join(',')}]`)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('a number beyond 2^53 keeps every digit', () => {
    expect(membersOf('{"n": 123456789012345678901234567890.10 }').get('n')).toBe(
      '123456789012345678901234567890.10',
    )
  })

  test('valid JSON without ambiguity passes at the depth it has', () => {
    fc.assert(
      fc.property(anyObject, (value) => {
        expect(() => refuseAmbiguity(JSON.stringify(value), 64)).not.toThrow()
      }),
    )
  })

  test.each([
    ['a duplicate at the top', '{"a":1,"a":2}'],
    ['a duplicate deep inside', '{"a":[{"b":{"c":1,"c":2}}]}'],
    ['a duplicate spelled with an escape', '{"a":1,"\\u0061":2}'],
    [
      'a duplicate among many members',
      `{${Array.from({ length: 40 }, (_, n) => `"m${n}":0`).join(',')},"m7":1}`,
    ],
    ['__proto__ in any depth', '{"a":{"__proto__":{}}}'],
    ['__proto__ spelled with an escape', '{"a":{"\\u005f_proto__":{}}}'],
  ])('%s is refused', (_name, text) => {
    expect(() => refuseAmbiguity(text, 64)).toThrow(/twice|__proto__/)
  })

  test('one level too deep is refused, and a thousand levels are refused quickly', () => {
    expect(() => refuseAmbiguity('['.repeat(64) + ']'.repeat(64), 64)).not.toThrow()
    expect(() => refuseAmbiguity('['.repeat(65) + ']'.repeat(65), 64)).toThrow(/nested/)
    expect(() => refuseAmbiguity('{"a":'.repeat(1000), 64)).toThrow(/nested/)
  })

  test('text that is no JSON never hangs or escapes as another kind of error', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a', '1', ' ') }),
        (text) => {
          try {
            readMessage(text, { maxDepth: 64 })
          } catch (error) {
            expect((error as Error).name).toMatch(/^(JsonRefusal|SyntaxError)$/)
          }
        },
      ),
    )
  })
})

describe('JSON-RPC messages', () => {
  const read = (text: string) => readMessage(text, { maxDepth: 64 })

  test('an id keeps its exact token', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.bigInt().map(String),
          fc.string().map((id) => JSON.stringify(id)),
        ),
        (id) => {
          expect(read(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)).toMatchObject({ kind: 'request', id })
        },
      ),
    )
  })

  test.each([
    ['Method', '{"jsonrpc":"2.0","id":1,"Method":"tools/call","method":"ping"}'],
    ['a Kelvin sign in a name', '{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"tas\u212aId":"x"}}'],
    ['a long s in params', '{"jsonrpc":"2.0","id":1,"method":"x","params":{"argument\u017f":{}}}'],
    [
      'a variant inside _meta',
      '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"ProgressToken":1}}}',
    ],
  ])('a case variant is refused: %s', (_name, text) => {
    expect(() => read(text)).toThrow(/case only/)
  })

  test.each([
    ['a batch', '[]'],
    ['a null id', '{"jsonrpc":"2.0","id":null,"method":"x"}'],
    ['a fraction as id', '{"jsonrpc":"2.0","id":1.5,"method":"x"}'],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"x"}'],
    ['params that are no object', '{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}'],
    ['result and error together', '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}'],
  ])('%s is no message', (_name, text) => {
    expect(() => read(text)).toThrow()
  })
})
