/** A scan never throws, hangs or grows, whatever it is given. `npm run test:long` makes it a million inputs. */
import { beforeAll, expect, test } from 'vitest'
import { detectors } from '../../server/src/guards/detectors.ts'
import type { ContentKind } from '../../server/src/guards/finding.ts'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { buildScan, endsOf, type Scan } from '../../server/src/guards/scan-content.ts'
import { seeded } from './learn.ts'
import { rows } from './own.ts'

const count = process.env['RUNLAYER_LONG'] === '1' ? 1_000_000 : 2_000
const kinds: readonly ContentKind[] = ['tool_output', 'tool_input', 'tool_definition', 'skill_file']
/** No text of these sizes may take longer, even on a busy machine: quadratic time would take minutes. */
const slowestMs = 1_500

let scan: Scan
beforeAll(() => {
  scan = buildScan(openModels(), () => performance.now())
})

const odd = [
  '\u200b',
  '\u202e',
  '\ud800',
  '\udc00',
  '\u{e0041}',
  '\u0000',
  '\u001b[8m',
  '\u2028',
  '\ufeff',
  '{"',
  '"}',
  '[[[[',
  '\\',
  '\\u0000',
  '&#x110000;',
  '&#0;',
  '<!--',
  '-->',
  '%',
  '%ff%fe',
  'QUJD',
  '==',
  '://a:b@c',
  '-----BEGIN PRIVATE KEY-----',
  'ignore ',
  '\u0430',
  '无视',
  '"__proto__":',
  '\n',
  '`',
]

function mutate(text: string, random: () => number): string {
  let out = text
  const places = 1 + Math.floor(random() * 4)
  for (let place = 0; place < places; place++) {
    const at = Math.floor(random() * (out.length + 1))
    const part = Math.floor(random() * 24)
    const way = random()
    if (way < 0.3) out = out.slice(0, at) + out.slice(at + part)
    else if (way < 0.6)
      out =
        out.slice(0, at) +
        (odd[Math.floor(random() * odd.length)] ?? '').repeat(1 + (part % 5)) +
        out.slice(at)
    else if (way < 0.8)
      out = out.slice(0, at) + String.fromCharCode(Math.floor(random() * 0x10000)) + out.slice(at)
    else out = out.slice(0, at) + out.slice(Math.max(0, at - part * 4), at) + out.slice(at)
  }
  return out.length > 8_000 ? out.slice(0, 8_000) : out
}

test(`${count} mutated texts each give a score between 0 and 1, and little to keep`, {
  timeout: 7_200_000,
}, () => {
  const random = seeded(20_26)
  const texts = rows().map(({ text }) => text)
  const wrong: string[] = []
  for (let round = 0; round < count; round++) {
    const at = Math.floor(random() * texts.length)
    const text = mutate(texts[at] ?? '', random)
    // What survived is mutated further now and then, so that odd texts grow odder.
    if (random() < 0.1) texts[at] = text
    const { score, findings, secrets } = scan(kinds[round % kinds.length] ?? 'tool_output', text)
    const isRight =
      score >= 0 &&
      score <= 1 &&
      findings.length <= 256 &&
      secrets.length <= 64 &&
      findings.every(({ excerpt }) => excerpt.length < 400)
    if (!isRight) wrong.push(JSON.stringify(text).slice(0, 200))
  }
  expect(wrong).toEqual([])
})

test('texts made to keep patterns busy are read in time that grows with their length', () => {
  const starts = detectors.flatMap(({ caught }) => caught.slice(0, 1).map(({ text }) => text.slice(0, -1)))
  const patterns = [
    ...starts,
    'ignore all the previous ',
    'act as ',
    'a.',
    '" \'',
    '%41',
    '\\x41',
    '4142 ',
    'aA1+',
    '<!--',
    '<!-- -->',
    'password=',
    'token: ',
    '-----BEGIN PRIVATE KEY-----\n',
    'https://a:',
    '![](',
    '&amp;',
    '\u200b',
    '\ud800',
    'e\u0301',
    'a\u0430',
    '{"a":',
    '[',
    '\\',
    '无视',
  ]
  const slow = patterns.flatMap((pattern) =>
    kinds.slice(0, 3).flatMap((kind) => {
      const { durationMs } = scan(kind, pattern.repeat(Math.ceil(32_768 / pattern.length)))
      return durationMs > slowestMs ? [`${pattern} as ${kind}: ${Math.round(durationMs)} ms`] : []
    }),
  )
  expect(slow).toEqual([])
}, 120_000)

/** As long as a stream of 100 MB at full size; the sample is longer than what is looked at of one content, too. */
const longest = process.env['RUNLAYER_LONG'] === '1' ? 100_000_000 : 6_000_000
/** Nothing is looked at for longer, whatever its length: a busy machine takes some seconds for the two million characters. */
const slowestLongMs = 15_000

test.each([
  ['prose', 'The order was shipped on Monday, and the whole team was told about it. '],
  ['beginnings of rules', 'note to ignore all previous your answer must '],
  ['JSON', '{"id":17,"name":"a","note":"ship it\\n","list":[1,{"token":"none"}]},'],
  ['brackets', '[{"a":['],
  ['one run', 'aA1+'],
  ['hexadecimal', '4f 2a '],
  ['other scripts', '无视е\u0301 '],
  ['hidden characters', 'a\u200b\u{e0041}'],
  ['comments', '<!-- a -->&amp;%41'],
])(
  '%s of any length is looked at from both ends, in the same time and room',
  (_, part) => {
    const text = part.repeat(Math.ceil(longest / part.length))
    const before = process.memoryUsage().rss
    const whole = scan('tool_output', text)
    const ends = scan('tool_output', endsOf(text))
    expect({ ...whole, durationMs: 0 }).toEqual({ ...ends, durationMs: 0 })
    expect(whole.score).toBeGreaterThanOrEqual(0)
    expect(whole.findings.length).toBeLessThanOrEqual(256)
    expect(whole.durationMs).toBeLessThan(slowestLongMs)
    expect(process.memoryUsage().rss - before).toBeLessThan(longest * 4 + 1_000_000_000)
  },
  120_000,
)
