import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eachStore } from '../../../test/support/stores.ts'
import { hostKeys, openKeyring, writeKeyFile } from './keyring.ts'
import { keyRotation } from './rotate-key.ts'

eachStore((open, kind) => {
  let dataDir = ''
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'runlayer-rotation-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))
  const [old, fresh] = [randomBytes(32), randomBytes(32)]
  const embedded = kind === 'embedded'

  test('the first key of the list opens everything afterwards, and the other is really dropped', async () => {
    const { db } = await open()
    const sealed = (await openKeyring({ db, secretKeys: [old], dataDir, embedded })).seal('token', 'row')
    const rotation = keyRotation({ db, secretKeys: [fresh, old], dataDir, hostKeys: [], now: Date.now })
    expect(await Promise.all([rotation.rotate(), rotation.rotate()])).toEqual([
      { kind: 'settings', droppable: 1 },
      { kind: 'settings', droppable: 1 },
    ])
    const after = await openKeyring({ db, secretKeys: [fresh], dataDir, embedded })
    expect(after.open(sealed, 'row')).toBe('token')
    await expect(openKeyring({ db, secretKeys: [old], dataDir, embedded })).rejects.toThrow('No key fits')
  })

  test('one key is nothing to rotate to', async () => {
    const { db } = await open()
    await openKeyring({ db, secretKeys: [old], dataDir, embedded })
    const rotation = keyRotation({ db, secretKeys: [old], dataDir, hostKeys: [], now: Date.now })
    await expect(rotation.rotate()).rejects.toMatchObject({ reason: 'conflict' })
  })

  if (!embedded) return

  test('a key in a file is replaced by a new one, and the old file may be deleted', async () => {
    const { db } = await open()
    const before = await openKeyring({ db, secretKeys: [], dataDir, embedded })
    const sealed = before.seal('token', 'row')
    const file = join(dataDir, 'secret.key')
    const text = readFileSync(file, 'utf8')
    const hosts = [...hostKeys({ secretKeys: [], dataDir })]
    const done = await keyRotation({ db, secretKeys: [], dataDir, hostKeys: hosts, now: Date.now }).rotate()
    if (done.kind !== 'file') throw new Error('a key of settings')
    expect(readFileSync(file, 'utf8')).not.toBe(text)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(done.oldKeyFile, 'utf8')).toBe(text)
    expect(existsSync(`${file}.next`)).toBe(false)
    // Whoever owns the host proves it by the new key from now on.
    expect(hosts[0]).toEqual(Buffer.from(readFileSync(file, 'utf8').trim(), 'base64'))
    rmSync(done.oldKeyFile)
    expect((await openKeyring({ db, secretKeys: [], dataDir, embedded })).open(sealed, 'row')).toBe('token')
    const lost = { db, secretKeys: [Buffer.from(text.trim(), 'base64')], dataDir, embedded }
    await expect(openKeyring(lost)).rejects.toThrow('No key fits')
  })

  test('a rotation that ended anywhere on its way loses nothing and can be begun again', async () => {
    const { db } = await open()
    const sealed = (await openKeyring({ db, secretKeys: [], dataDir, embedded })).seal('token', 'row')
    const file = join(dataDir, 'secret.key')
    const rotation = () => keyRotation({ db, secretKeys: [], dataDir, hostKeys: [], now: Date.now }).rotate()
    // Ended before the data key was wrapped anew.
    writeKeyFile(`${file}.next`, fresh)
    expect((await openKeyring({ db, secretKeys: [], dataDir, embedded })).open(sealed, 'row')).toBe('token')
    // Ended after it: the file still holds the old key, and the new one lies beside it.
    const [oldKey] = hostKeys({ secretKeys: [], dataDir })
    if (oldKey === undefined) throw new Error('no key')
    await keyRotation({ db, secretKeys: [fresh, oldKey], dataDir, hostKeys: [], now: Date.now }).rotate()
    expect((await openKeyring({ db, secretKeys: [], dataDir, embedded })).open(sealed, 'row')).toBe('token')
    await rotation()
    expect(readFileSync(file, 'utf8').trim()).toBe(fresh.toString('base64'))
    expect((await openKeyring({ db, secretKeys: [], dataDir, embedded })).open(sealed, 'row')).toBe('token')
  })
})
