import { expect, test } from 'vitest'
import { eachStore } from '../../../test/support/stores.ts'
import { newId } from '../kernel/ids.ts'
import { sessionStore } from './store.ts'

eachStore((open) => {
  test('a session is known by what changed about it, until its token has expired', async () => {
    const { db } = await open()
    const ada = newId<'user'>()
    const store = sessionStore(db)
    const [past, future] = [new Date(1_000_000), new Date(3_000_000)]
    await store.setLogLevel('a', { userId: ada, level: 'error', expiresAt: past })
    await store.setLogLevel('a', { userId: ada, level: 'debug', expiresAt: past })
    await store.end('b', ada, future)
    await store.end('b', ada, future)
    await store.setLogLevel('b', { userId: ada, level: 'info', expiresAt: future })
    expect(await store.find('a')).toEqual({ ended: false, logLevel: 'debug' })
    expect(await store.find('b')).toEqual({ ended: true, logLevel: 'info' })
    await store.sweep(new Date(2_000_000))
    expect(await store.find('a')).toBeUndefined()
    expect(await store.find('b')).toEqual({ ended: true, logLevel: 'info' })
  })
})
