import { expect, test } from 'vitest'
import { seeded } from '../../../test/guards/learn.ts'
import { rows } from '../../../test/guards/own.ts'
import { plantSecrets } from '../../../test/guards/plant-secrets.ts'
import { detectors } from './detectors.ts'
import { anchorsOf } from './find-anchors.ts'
import { MatchFinder } from './find-matches.ts'
import { secretKinds } from './secret-kinds.ts'

const ruled = detectors.flatMap(({ rules }) => rules.map(({ pattern }) => pattern))
const shapes = secretKinds.map(({ find }) => find)

/** Where a pattern matches, searched for by itself. */
const searched = (pattern: RegExp, text: string) =>
  [...text.matchAll(pattern)].map(({ index, 0: found }) => `${index} ${found}`)

function foundBy(finder: MatchFinder, at: number, text: string): string[] {
  const out: string[] = []
  for (let found = finder.next(at, text); found !== null; found = finder.next(at, text))
    out.push(`${found.index} ${found[0]}`)
  return out
}

/** Parts that patterns are made of, so that texts come close to matching and now and then do. */
function partsFor(random: () => number) {
  const caught = detectors.flatMap(({ caught: samples }) => samples.map(({ text }) => text.toLowerCase()))
  const secrets = [...plantSecrets(5)].flatMap(({ secret }) => (secret === undefined ? [] : [secret.value]))
  const own = rows().map(({ text }) => text.toLowerCase())
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
  const cut = (text: string) => {
    const from = Math.floor(random() * text.length)
    return text.slice(from, from + 4 + Math.floor(random() * 40))
  }
  const odd = [
    ' ',
    '\n',
    '.',
    '-',
    '_',
    '"',
    'a',
    'AAAAAA',
    '無視',
    '\u0130',
    '\ud800',
    '=',
    '://',
    '\u2019s ',
  ]
  return () => {
    const way = random()
    if (way < 0.25) return pick(caught)
    if (way < 0.45) return cut(pick(caught))
    if (way < 0.6) return pick(secrets)
    if (way < 0.7) return cut(pick(secrets))
    return way < 0.85 ? cut(pick(own)) : pick(odd)
  }
}

test('many patterns at once find what each finds by itself, place by place', { timeout: 120_000 }, () => {
  const random = seeded(123)
  const part = partsFor(random)
  const patterns = [...ruled, ...shapes]
  const finder = new MatchFinder(patterns)
  const all = new Uint8Array(patterns.length).fill(1)
  let matches = 0
  for (let round = 0; round < 400; round++) {
    const text = Array.from({ length: 1 + Math.floor(random() * 24) }, part).join(random() < 0.5 ? ' ' : '')
    finder.read(text, all)
    const expected = new Map(
      [...patterns.entries()]
        .map(([at, pattern]) => [at, searched(pattern, text)] as const)
        .filter(([, found]) => found.length > 0),
    )
    const touched = [...finder.touched.subarray(0, finder.touchedCount)]
    expect(touched).toEqual(touched.toSorted((one, other) => one - other))
    expect([...expected.keys()].filter((at) => !touched.includes(at))).toEqual([])
    for (const at of touched) expect(foundBy(finder, at, text)).toEqual(expected.get(at) ?? [])
    matches += expected.size
  }
  expect(matches).toBeGreaterThan(1_000)
})

test('a text crowded with beginnings is searched as it is, and says the same', () => {
  const pattern = /\bno(?:te){0,9}[^.\n]{0,12}end\b/g
  const finder = new MatchFinder([pattern])
  for (const text of [
    'no no no no end '.repeat(60),
    `${'nono '.repeat(90)}no x end`,
    'note '.repeat(4_000),
  ]) {
    finder.read(text, Uint8Array.of(1))
    expect(foundBy(finder, 0, text)).toEqual(searched(pattern, text))
  }
})

test('every rule is known by texts that its matches hold, so that most texts end every search', () => {
  const names = detectors.flatMap(({ id, rules }) => rules.map(({ pattern }) => [id, pattern] as const))
  expect(
    [...names, ...secretKinds.map(({ kind, find }) => [kind, find] as const)]
      .filter(([, pattern]) => anchorsOf(pattern).texts === undefined)
      .map(([name]) => name),
  ).toEqual([])
})

test.each([
  [
    'alternatives and options',
    /\b(?:read|open)s?\b the (?:file|door)/g,
    ['read t', 'reads ', 'open t', 'opens '],
  ],
  ['a class of few', /sen[dt] it/g, ['send i', 'sent i']],
  ['upper case', /AKIA[A-Z2-7]{16}/g, ['akia']],
  ['what stands behind a class of many', /\w{3}-us\d/g, ['-us0', '-us9']],
])('anchors know %s', (_, pattern, texts) => {
  expect(anchorsOf(pattern).texts?.map(({ text }) => text)).toEqual(expect.arrayContaining([...texts]))
})

test('a pattern of which nothing is known is searched for everywhere', () => {
  const pattern = /[a-z]{3}[^a-z]/g
  const finder = new MatchFinder([pattern])
  finder.read('abc1 xyz22', Uint8Array.of(1))
  expect(anchorsOf(pattern).texts).toBeUndefined()
  expect(foundBy(finder, 0, 'abc1 xyz22')).toEqual(searched(pattern, 'abc1 xyz22'))
})
