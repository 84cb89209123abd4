import { describe, expect, test } from 'vitest'
import { eachStore } from '../../../test/support/stores.ts'
import { newId, type UserId } from '../kernel/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { openRequests } from './requests.ts'

async function person(storage: Storage): Promise<UserId> {
  const id = newId<'user'>()
  await storage.pool.query(
    'insert into people (id, email, created_at, updated_at) values ($1, $2, now(), now())',
    [id, `${id}@example.com`],
  )
  return id
}

const wish = (requestedBy: UserId, subject = 'https://a.example/cb') => ({
  kind: 'redirect_uri',
  subject,
  requestedBy,
  reason: 'because',
  detail: { client_name: 'A' },
})

describe('requests', () => {
  eachStore((open) => {
    test('two people who ask for the same thing wait for the same request', async () => {
      const storage = await open()
      const requests = openRequests({ db: storage.db, now: Date.now })
      const [ada, ben] = [await person(storage), await person(storage)]
      const first = await requests.ask(wish(ada))
      expect((await requests.ask(wish(ben))).id).toBe(first.id)
      expect(
        await requests.page({ kind: undefined, status: 'pending', requestedBy: ben }, undefined, 10),
      ).toEqual([])
    })

    test('a request is decided once; what was rejected may be asked for again', async () => {
      const storage = await open()
      let now = 1_700_000_000_000
      const requests = openRequests({ db: storage.db, now: () => ++now })
      const ada = await person(storage)
      const first = await requests.ask(wish(ada))
      const decided = await requests.decide(first.id, { status: 'rejected', note: 'no' }, ada)
      expect(decided).toMatchObject({ status: 'rejected', note: 'no', decidedBy: ada })
      await expect(requests.decide(first.id, { status: 'approved', note: '' }, ada)).rejects.toThrow(
        'decided already',
      )
      await expect(requests.decide('x', { status: 'approved', note: '' }, ada)).rejects.toThrow('no request')
      const second = await requests.ask(wish(ada))
      expect(second.id).not.toBe(first.id)
      expect((await requests.newest('redirect_uri', 'https://a.example/cb'))?.id).toBe(second.id)
    })

    test('nobody fills the inbox alone', async () => {
      const storage = await open()
      const requests = openRequests({ db: storage.db, now: Date.now })
      const ada = await person(storage)
      for (let index = 0; index < 50; index++) await requests.ask(wish(ada, `https://a.example/${index}`))
      await expect(requests.ask(wish(ada, 'https://a.example/more'))).rejects.toThrow('50 open requests')
    })
  })
})
