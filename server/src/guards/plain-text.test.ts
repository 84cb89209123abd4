import { expect, test } from 'vitest'
import { plantSecrets } from '../../../test/guards/plant-secrets.ts'
import { detectors } from './detectors.ts'
import { findSecrets } from './find-secrets.ts'
import { isPlain } from './plain-text.ts'

const asResult = (text: string) => JSON.stringify({ content: [{ type: 'text', text }] })

test('nothing that a detector catches is plain', () => {
  for (const { id, caught } of detectors)
    for (const { text, name = 'text' } of caught)
      expect(isPlain(JSON.stringify({ [name]: text })), `${id}: ${text}`).toBe(false)
})

test('no secret that can be found is plain, wherever it stands alone', () => {
  for (const { secret } of plantSecrets(11)) {
    if (secret === undefined || findSecrets(secret.value).length === 0) continue
    expect(isPlain(asResult(secret.value)), secret.kind).toBe(false)
  }
})

test('hidden characters, other scripts and escapes are never plain', () => {
  for (const text of ['ok\u200b', 'готово', 'a\nb', 'a\u001b[8m'])
    expect(isPlain(asResult(text)), text).toBe(false)
})

test('identifiers, numbers and acknowledgements are plain, so that most small calls cost next to nothing', () => {
  for (const text of ['ok', '42', 'order 4711 done', 'ada', '2026-09-01', 'n17-xxxxxxxxxxxxxxxxxxxxxxxx'])
    expect(isPlain(asResult(text)), text).toBe(true)
  expect(isPlain('{"id":17,"state":"open"}')).toBe(true)
})
