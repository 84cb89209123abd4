import { expect, test } from 'vitest'
import { contentLeaves } from '../../server/src/guards/content-leaves.ts'
import { findSecrets } from '../../server/src/guards/find-secrets.ts'
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

test('of the planted secrets at least 98 in 100 are found, and texts without any raise no alarm', () => {
  const missed: string[] = []
  let planted = 0
  for (const seed of [101, 102]) {
    for (const { text, secret } of plantSecrets(seed)) {
      planted++
      const end = secret?.value.slice(-12) ?? ''
      const length = secret?.value.length ?? 0
      const isFound = contentLeaves(text).some((leaf) => {
        const at = leaf.text.lastIndexOf(end)
        return (
          at !== -1 &&
          findSecrets(leaf.text, leaf.name).some(
            (found) => found.at < at + 12 && at + 12 - length < found.at + found.length,
          )
        )
      })
      if (!isFound) missed.push(secret?.kind ?? '')
    }
  }
  expect(missed.length / planted, `${missed.length} of ${planted}: ${missed.join()}`).toBeLessThanOrEqual(
    0.02,
  )
  const alarms = [...plantNothing(9, 600)].flatMap(({ text }) =>
    contentLeaves(text).flatMap((leaf) => findSecrets(leaf.text, leaf.name)),
  )
  expect(alarms).toEqual([])
})
