import { expect, test } from 'vitest'
import { callRoute } from '../../../test/support/call-route.ts'
import { eachStore } from '../../../test/support/stores.ts'
import type { Caller } from '../kernel/caller.ts'
import { newId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { codeModeRoutes } from './api.ts'
import { type CodeMode, openCodeMode } from './code-mode.ts'

const as = {
  id: 'a',
  roles: ['super_admin'],
  proof: { kind: 'api_key', id: 'k' },
} as unknown as Caller
const openOn = ({ db, bus }: Storage, limits = {}) => openCodeMode({ db, bus, now: Date.now, limits })
const never = () => new Promise<string>(() => undefined)
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (thrown: { reason?: string }) => thrown.reason,
  )

/** A script that waits for a tool that never answers. */
function waiting(codeMode: CodeMode, userId = newId<'user'>()) {
  return codeMode.run({ userId, code: 'await tools.a()', signal: new AbortController().signal }, never)
}

eachStore((open) => {
  test('the switch is kept, heard by other processes, and told with what it was', async () => {
    const storage = await open()
    const [here, there] = [await openOn(storage), await openOn(storage)]
    expect(here.isEnabled()).toBe(false)
    const { value, recorded } = await callRoute(codeModeRoutes(here), 'updateCodeMode', {
      as,
      body: { enabled: true },
    })
    expect(value).toMatchObject({ enabled: true, limits: { calls: 100 } })
    expect(recorded).toMatchObject({ before: { enabled: false }, after: { enabled: true } })
    expect([here.isEnabled(), there.isEnabled()]).toEqual([true, true])
    const later = await openOn(storage)
    expect(later.isEnabled()).toBe(true)
    await Promise.all([here, there, later].map((each) => each.close()))
  })

  test('a person runs two scripts at a time, everybody together eight, and closing ends them', async () => {
    const codeMode = await openOn(await open())
    const ada = newId<'user'>()
    const running = [waiting(codeMode, ada), waiting(codeMode, ada)]
    expect(await reasonOf(waiting(codeMode, ada))).toBe('rate-limited')
    while (running.length < 8) running.push(waiting(codeMode))
    expect(await reasonOf(waiting(codeMode))).toBe('busy')
    await codeMode.close()
    const ends = await Promise.all(running)
    expect(ends.map(({ end }) => (end.ok ? 'ok' : end.trouble))).toEqual(running.map(() => 'stopped'))
  })
})
