import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSearch, pick, stringifySearch } from '../../web/src/search-params.ts'

test.each([
  ['?new=1', { new: '1' }],
  ['?query=123', { query: '123' }],
  ['?code=null&state=true', { code: 'null', state: 'true' }],
  ['?query=a+b%20c%26', { query: 'a b c&' }],
  ['?query=%22quoted%22', { query: '"quoted"' }],
  ['', {}],
])('%s holds text, whatever else it could be read as', (search, held) => {
  expect(parseSearch(search)).toEqual(held)
})

test('what is not there is not written', () => {
  expect(stringifySearch({ query: undefined, new: '' })).toBe('')
  expect(stringifySearch({ new: '1', query: undefined })).toBe('?new=1')
})

test('any text comes back from the address as it was', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (query) => {
      expect(parseSearch(stringifySearch({ query }))).toEqual({ query })
    }),
  )
})

test('only what a page asks for is kept', () => {
  expect(pick('query', 'new')(parseSearch('?query=x&other=1&new='))).toEqual({ query: 'x' })
})
