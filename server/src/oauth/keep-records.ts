import { createHmac } from 'node:crypto'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Sealer } from './keep-keys.ts'
import type { RecordStore, StoredRecord } from './record-store.ts'

export type RecordParts = {
  store: RecordStore
  keyring: Sealer
  hashKey: Buffer
  now: () => number
  /** Hears that a grant and all its tokens are gone. */
  onGrantEnded(grantId: string): Promise<void>
}

export type Records = {
  adapter(kind: string): Adapter
  /** The name of a thing in the store: worthless without the installation's key. */
  nameOf(kind: string, id: string): string
  /** Ends a grant by its name in the store. */
  endGrant(name: string): Promise<void>
}

/**
 * Keeps what oidc-provider issues. Ids of codes and refresh tokens are the secrets themselves, so rows are found by keyed
 * hash and say nothing to who reads the table.
 */
export function keepRecords(parts: RecordParts): Records {
  const { store, keyring, now } = parts
  const nameOf = (kind: string, id: string) =>
    createHmac('sha256', parts.hashKey).update(`${kind} ${id}`).digest('base64url')
  const open = (kind: string, row: StoredRecord | undefined): AdapterPayload | undefined => {
    if (row === undefined) return undefined
    const payload = JSON.parse(keyring.open(row.sealed, `${kind}:${row.id}`)) as AdapterPayload
    if (row.consumedAt !== null) payload.consumed = Math.floor(row.consumedAt.getTime() / 1000)
    return payload
  }
  const endGrant = async (name: string) => {
    await store.remove('Grant', name)
    await parts.onGrantEnded(name)
  }
  /** What counts once: the library looks first and writes then, and two processes may look at the same moment. */
  const putOnce: RecordStore['put'] = async (kind, id, row) => {
    if (!(await store.putFirst(kind, id, row))) throw new errors.InvalidGrant('it was used already')
  }
  return {
    nameOf,
    endGrant,
    adapter: (kind) => ({
      async upsert(id, payload, expiresIn) {
        const at = now()
        const { consumed: _consumed, ...rest } = payload
        const row = nameOf(kind, id)
        const put = kind === 'ReplayDetection' ? putOnce : store.put
        await put(kind, row, {
          sealed: keyring.seal(JSON.stringify(rest), `${kind}:${row}`),
          grantId: payload.grantId === undefined ? undefined : nameOf('Grant', payload.grantId),
          uid: payload.uid === undefined ? undefined : nameOf('uid', payload.uid),
          userCode: payload.userCode === undefined ? undefined : nameOf('user-code', payload.userCode),
          expiresAt: expiresIn ? new Date(at + expiresIn * 1000) : undefined,
          at: new Date(at),
        })
      },
      find: async (id) => open(kind, await store.find(kind, 'id', nameOf(kind, id))),
      findByUid: async (uid) => open(kind, await store.find(kind, 'uid', nameOf('uid', uid))),
      findByUserCode: async (code) =>
        open(kind, await store.find(kind, 'userCode', nameOf('user-code', code))),
      async consume(id) {
        // Two that arrive at once must not both be the first.
        if (!(await store.consume(kind, nameOf(kind, id), new Date(now()))))
          throw new errors.InvalidGrant('it was used already')
      },
      async destroy(id) {
        const row = nameOf(kind, id)
        if (kind === 'Grant') await endGrant(row)
        else await store.remove(kind, row)
      },
      async revokeByGrantId(grantId) {
        await store.removeOfGrant(kind, nameOf('Grant', grantId))
      },
    }),
  }
}
