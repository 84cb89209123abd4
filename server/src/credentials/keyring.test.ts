import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eachStore } from '../../../test/support/stores.ts'
import { keyringOf, openKeyring } from './keyring.ts'

describe('sealing', () => {
  const keyring = keyringOf(randomBytes(32))

  test('what was sealed opens with the same bind, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (plain, bind) => {
        expect(keyring.open(keyring.seal(plain, bind), bind)).toBe(plain)
      }),
    )
  })

  test('another bind does not open it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (plain, bind, other) => {
        fc.pre(bind !== other)
        expect(() => keyring.open(keyring.seal(plain, bind), other)).toThrow()
      }),
    )
  })

  test('a single flipped bit anywhere does not open', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.nat(), (plain, at) => {
        const bytes = Buffer.from(keyring.seal(plain, 'row 1'), 'base64url')
        const bit = at % (bytes.length * 8)
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(() => keyring.open(bytes.toString('base64url'), 'row 1')).toThrow()
      }),
      { numRuns: 500 },
    )
  })

  test('another spelling of the same bytes, a cut and an added end do not open', () => {
    const sealed = keyring.seal('token', 'row 1')
    for (const wrong of [
      `${sealed}=`,
      `${sealed}\n`,
      `${sealed}A`,
      sealed.slice(0, -1),
      sealed.slice(0, 20),
      '',
    ]) {
      expect(() => keyring.open(wrong, 'row 1')).toThrow()
    }
  })

  test('sealing twice gives two different texts, and neither shows the plain one', () => {
    const [a, b] = [keyring.seal('secret value', 'x'), keyring.seal('secret value', 'x')]
    expect(a).not.toBe(b)
    expect(Buffer.from(a, 'base64url').includes('secret value')).toBe(false)
  })

  test('derived keys differ by label and by installation, and stay the same', () => {
    const other = keyringOf(randomBytes(32))
    expect(keyring.derive('sessions')).toHaveLength(32)
    expect(keyring.derive('sessions')).toEqual(keyring.derive('sessions'))
    expect(keyring.derive('sessions')).not.toEqual(keyring.derive('api-keys'))
    expect(keyring.derive('sessions')).not.toEqual(other.derive('sessions'))
  })
})

eachStore((open, kind) => {
  let dataDir = ''
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'runlayer-keyring-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  const [old, fresh, wrong] = [randomBytes(32), randomBytes(32), randomBytes(32)]
  const embedded = kind === 'embedded'

  test('the same key opens what was sealed before; a wrong one stops the start with a sentence', async () => {
    const { db } = await open()
    const sealed = (await openKeyring({ db, secretKeys: [old], dataDir, embedded })).seal('token', 'row')
    const again = await openKeyring({ db, secretKeys: [old], dataDir, embedded })
    expect(again.open(sealed, 'row')).toBe('token')
    await expect(openKeyring({ db, secretKeys: [wrong], dataDir, embedded })).rejects.toThrow(
      'No key fits this database',
    )
  })

  test('a list rotates: any key opens, the first wraps from then on', async () => {
    const { db } = await open()
    const before = await openKeyring({ db, secretKeys: [old], dataDir, embedded })
    const sealed = before.seal('token', 'row')
    const rotated = await openKeyring({ db, secretKeys: [fresh, wrong, old], dataDir, embedded })
    expect(rotated.open(sealed, 'row')).toBe('token')
    const after = await openKeyring({ db, secretKeys: [fresh], dataDir, embedded })
    expect(after.open(sealed, 'row')).toBe('token')
    expect(after.derive('x')).toEqual(before.derive('x'))
    await expect(openKeyring({ db, secretKeys: [old], dataDir, embedded })).rejects.toThrow('No key fits')
  })

  test('processes that start at once agree on one data key', async () => {
    const { db } = await open()
    const all = await Promise.all(
      Array.from({ length: 5 }, () => openKeyring({ db, secretKeys: [old], dataDir, embedded })),
    )
    expect(new Set(all.map((one) => one.derive('x').toString('hex'))).size).toBe(1)
  })

  if (embedded) {
    test('without a setting a key is made once, for this user only; a lost one is named', async () => {
      const { db } = await open()
      const sealed = (await openKeyring({ db, secretKeys: [], dataDir, embedded })).seal('token', 'row')
      const file = join(dataDir, 'secret.key')
      const text = readFileSync(file, 'utf8')
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect((await openKeyring({ db, secretKeys: [], dataDir, embedded })).open(sealed, 'row')).toBe('token')
      expect(readFileSync(file, 'utf8')).toBe(text)
      rmSync(file)
      await expect(openKeyring({ db, secretKeys: [], dataDir, embedded })).rejects.toThrow(
        'secret.key is missing',
      )
      const fromSetting = Buffer.from(text.trim(), 'base64')
      const again = await openKeyring({ db, secretKeys: [fromSetting], dataDir, embedded })
      expect(again.open(sealed, 'row')).toBe('token')
    })
  } else {
    test('PostgreSQL without a key does not start', async () => {
      const { db } = await open()
      await expect(openKeyring({ db, secretKeys: [], dataDir, embedded })).rejects.toThrow(
        'RUNLAYER_SECRET_KEY is required',
      )
    })
  }
})
