import { expect, test } from 'vitest'
import { trait, traitsOf } from './find-traits.ts'
import { fold, normalise } from './normalise.ts'

test('a character that says nothing of its text is the same in every form of Unicode, alone and beside others', () => {
  const wrong: string[] = []
  for (let code = 0x80; code < 0x10000; code++) {
    const letter = String.fromCharCode(code)
    if (traitsOf(letter) !== 0) continue
    const text = `a${letter}e${letter}${letter} ${letter}`
    if (fold(text) !== text.toLowerCase()) wrong.push(code.toString(16))
  }
  expect(wrong).toEqual([])
})

test.each([
  ['Plain words, 4 of them – “so” to say.', 0],
  ['caf\u00e9', trait.odd],
  ['a\u200bb', trait.odd],
  ['a &amp; b', trait.entity],
  ['<b>', trait.angle],
  ['100%', trait.percent],
  ['a\\b', trait.backslash],
  [`key ${'a1B2'.repeat(6)}`, trait.longRun],
  [`bytes ${'4f 2a '.repeat(11)}`, trait.hexRun],
])('%j has its traits', (text, traits) => {
  expect(traitsOf(text)).toBe(traits)
})

test('a text without traits is read as it stands, in lower case', () => {
  expect(normalise('Ship it on MONDAY – “now”.')).toEqual({
    text: 'ship it on monday – “now”.',
    isPlain: true,
    hidden: [],
    inner: [],
  })
})

test('what is folded, resolved or hidden is not plain; what only holds more inside is', () => {
  expect(['caf\u00e9', 'a&amp;b', 'a\u200bb'].map((text) => normalise(text).isPlain)).toEqual([
    false,
    false,
    false,
  ])
  const within = normalise('see <!-- a comment -->')
  expect([within.isPlain, within.inner.map(({ text }) => text)]).toEqual([true, [' a comment ']])
})
