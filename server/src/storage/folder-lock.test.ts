import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockFolder } from './folder-lock.ts'

let folder = ''
const path = () => join(folder, 'runlayer.lock')
const nobodyCares = () => undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runlayer-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The lock this process would write, with something changed. */
async function leaveLock(change: object): Promise<void> {
  const lock = await lockFolder(folder, nobodyCares)
  const held = JSON.parse(readFileSync(path(), 'utf8'))
  await lock.release()
  writeFileSync(path(), JSON.stringify({ ...held, ...change }))
}

test('a second holder is refused with the pid of the first', async () => {
  const lock = await lockFolder(folder, nobodyCares)
  await expect(lockFolder(folder, nobodyCares)).rejects.toThrow(`in use by process ${process.pid}`)
  await lock.release()
  await (await lockFolder(folder, nobodyCares)).release()
  expect(readdirSync(folder)).toEqual([])
})

test('of many that find a stale lock exactly one gets the folder', async () => {
  await leaveLock({ startedAt: '1' })
  const tries = await Promise.allSettled(Array.from({ length: 12 }, () => lockFolder(folder, nobodyCares)))
  const won = tries.filter((one) => one.status === 'fulfilled')
  expect(won.length).toBe(1)
  await won[0]!.value.release()
  expect(readdirSync(folder)).toEqual([])
})

test('the lock of a later process with the same pid is not mistaken for the holder', async () => {
  await leaveLock({ startedAt: '1' })
  await (await lockFolder(folder, nobodyCares)).release()
})

test('an unreadable lock file is stale', async () => {
  writeFileSync(path(), '{"pid":')
  await (await lockFolder(folder, nobodyCares)).release()
})

test('a holder in another container is gone once it has been silent', async () => {
  await leaveLock({ place: 'another kernel', startedAt: '1' })
  const old = new Date(Date.now() - 60_000)
  utimesSync(path(), old, old)
  await (await lockFolder(folder, nobodyCares)).release()
})

test('a holder in another container that still beats keeps the folder', async () => {
  await leaveLock({ place: 'another kernel', pid: 7 })
  const beat = setInterval(() => utimesSync(path(), new Date(), new Date()), 500)
  await expect(lockFolder(folder, nobodyCares)).rejects.toThrow('in use by process 7')
  clearInterval(beat)
})
