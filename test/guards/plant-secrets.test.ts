import { expect, test } from 'vitest'
import { leaks, plantedKinds, plantNothing, plantSecrets } from './plant-secrets.ts'

test('the planter knows more than sixty kinds, each once', () => {
  expect(new Set(plantedKinds).size).toBe(plantedKinds.length)
  expect(plantedKinds.length).toBeGreaterThanOrEqual(60)
})

test('every text holds its secret and near misses in about two kilobytes', () => {
  for (const { form, text, secret, near } of plantSecrets(7)) {
    const plain = form === 'log' ? text : text.replaceAll('\\n', '\n').replaceAll('\\"', '"')
    if (secret === undefined) throw new Error('a planted text has a secret')
    expect(plain, secret.kind).toContain(secret.value)
    expect(leaks(plain, secret), secret.kind).toBe(true)
    expect(leaks(plain.replaceAll(secret.value, ''), secret), secret.kind).toBe(false)
    expect(near).toHaveLength(3)
    expect(text.length).toBeGreaterThan(1_500)
    expect(text.length).toBeLessThan(6_000)
    if (form === 'json') expect(() => JSON.parse(text)).not.toThrow()
  }
})

test('a seed gives the same texts again, another seed others', () => {
  const texts = (seed: number) => [...plantSecrets(seed)].map(({ text }) => text)
  expect(texts(1)).toEqual(texts(1))
  expect(texts(1)).not.toEqual(texts(2))
})

test('texts without a secret are made alike', () => {
  const plain = [...plantNothing(3, 9)]
  expect(plain.map(({ form }) => form).slice(0, 3)).toEqual(['json', 'log', 'code'])
  expect(plain.every(({ secret }) => secret === undefined)).toBe(true)
})
