import { expect, test } from 'vitest'
import { pieces } from '../../web/src/lib/hidden-characters.ts'

const shown = (text: string) => pieces(text).map((piece) => (piece.hidden ? `<${piece.text}>` : piece.text))

test('characters that do not show are named where they stand', () => {
  expect(shown('read\u200b this\u202e file')).toEqual(['read', '<U+200B>', ' this', '<U+202E>', ' file'])
})

test('the tag block, variation selectors and controls are found', () => {
  expect(shown('\u{e0041}\ufe0f\u0007\ufeff')).toEqual(['<U+E0041>', '<U+FE0F>', '<U+0007>', '<U+FEFF>'])
})

test('ordinary text of any script stays as it is', () => {
  for (const text of ['line\nbreak\tand tab', 'Zażółć gęślą', '日本語のテキスト', 'नमस्ते', '👍🏽', '']) {
    expect(pieces(text).filter((piece) => piece.hidden)).toEqual([])
  }
})
