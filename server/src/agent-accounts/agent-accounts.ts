import { createHmac, randomBytes } from 'node:crypto'
import type { Principal } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { type AgentId, isUuid, newId, type UserId } from '../kernel/ids.ts'
import type { Bus, Db } from '../storage/storage.ts'
import type { PublicKey } from './check-keys.ts'
import { type Delegations as AllDelegations, openDelegations } from './delegations.ts'
import { type AccountStore, type AgentAccount, accountStore, type Credential, type Use } from './store.ts'

export type Delegations = AllDelegations

/** Programs with an identity of their own: who they are, what proves it, who answers for them. */
export type AgentAccounts = {
  find(id: string): Promise<AgentAccount | undefined>
  /** The account behind a client id, with the hash its secret must have; only one that may act. */
  findClient(clientId: string): Promise<{ account: AgentAccount; secretHash: string | undefined } | undefined>
  /** An account that may act at this moment, of this generation. */
  living(id: string, generation: number): Promise<AgentAccount | undefined>
  /** What is stored instead of a secret. */
  hashOf(secret: string): string
  page(
    filter: { query?: string | undefined },
    after: AgentId | undefined,
    limit: number,
  ): Promise<AgentAccount[]>
  /** `secret` is undefined for an account that proves itself by public keys. Throws conflict when there are too many. */
  create(draft: AccountDraft): Promise<{ account: AgentAccount; secret: string | undefined }>
  update(id: AgentId, change: AccountChange): Promise<AgentAccount>
  /** A new secret in place of what was; the old one and every token made with it stop counting at once. */
  rotate(id: AgentId): Promise<{ account: AgentAccount; secret: string }>
  remove(id: AgentId): Promise<void>
  /**
   * Whoever leaves knows the secrets of what they owned, so it stops until the new owner has made it active again. Answers
   * how many there were.
   */
  handOver(from: UserId, to: UserId): Promise<number>
  recordUses(uses: readonly Use[]): Promise<void>
  readonly delegations: AllDelegations
}

export type AccountDraft = {
  name: string
  description: string
  ownerId: UserId
  createdBy: UserId
  publicKeys: readonly PublicKey[] | undefined
}
export type AccountChange = {
  name?: string
  description?: string
  status?: 'active' | 'disabled'
  ownerId?: UserId
  publicKeys?: readonly PublicKey[]
}

const maxAccounts = 1_000
/** Not `rl_`: what looks like an API key is never a client secret, and the other way round (X4). */
const secretPrefix = 'rlagent_'

export type AgentAccountParts = {
  db: Db
  bus: Bus
  keyring: { derive(label: string): Buffer }
  now: () => number
}

/** An agent as policy sees it: no groups, no roles, only rules that name it or everyone. */
export function principalOfAgent({ id }: Pick<AgentAccount, 'id'>): Principal {
  return { type: 'agent', id: id as string as UserId, email: '', roles: [], groupIds: [] }
}

const noSuchAccount = () => new GatewayError('not-found', 'There is no agent account with this id.')
const mayAct = ({ status, isOwned }: AgentAccount) => status === 'active' && isOwned

export function openAgentAccounts({ db, bus, keyring, now }: AgentAccountParts): AgentAccounts {
  const store = accountStore(db)
  const hashKey = keyring.derive('agent-secret')
  const hashOf = (secret: string) => createHmac('sha256', hashKey).update(secret).digest('base64url')
  const find = async (id: string) => (isUuid(id) ? store.find(id as AgentId) : undefined)
  const load = async (id: AgentId) => (await find(id)) ?? rejectUnknown()
  // A key says nothing about groups, which is what the topic is read again for otherwise.
  const changed = (id: string) => bus.publish('identity', `key:agent:${id}`)
  const parts = { store, hashOf, changed, load, now }
  const delegations = openDelegations({ db, bus, now })
  return {
    find,
    async findClient(clientId) {
      const found = await store.findClient(clientId)
      return found !== undefined && mayAct(found.account) ? found : undefined
    },
    async living(id, generation) {
      const account = await find(id)
      return account !== undefined && mayAct(account) && account.generation === generation
        ? account
        : undefined
    },
    hashOf,
    page: store.page,
    create: (draft) => create(parts, draft),
    update: (id, change) => update(parts, id, change),
    async rotate(id) {
      const { secret, credential } = freshSecret(hashOf)
      if (!(await store.setCredential(id, credential, new Date(now())))) rejectUnknown()
      await changed(id)
      return { account: await load(id), secret }
    },
    async remove(id) {
      if (!(await store.remove(id))) rejectUnknown()
      await changed(id)
    },
    async handOver(from, to) {
      const count = await store.handOver(from, to, new Date(now()))
      if (count > 0) await changed('*')
      return count
    },
    async recordUses(uses) {
      await store.recordUses(uses)
      await delegations.recordUses(uses)
    },
    delegations,
  }
}

type Parts = {
  store: AccountStore
  hashOf(secret: string): string
  changed(id: string): Promise<void>
  load(id: AgentId): Promise<AgentAccount>
  now: () => number
}

function rejectUnknown(): never {
  throw noSuchAccount()
}

function freshSecret(hashOf: (secret: string) => string): { secret: string; credential: Credential } {
  const secret = secretPrefix + randomBytes(32).toString('base64url')
  return { secret, credential: { secretHash: hashOf(secret), publicKeys: null } }
}

async function create(
  { store, hashOf, changed, load, now }: Parts,
  draft: AccountDraft,
): Promise<{ account: AgentAccount; secret: string | undefined }> {
  const { publicKeys, ...rest } = draft
  const made = publicKeys === undefined ? freshSecret(hashOf) : undefined
  const at = new Date(now())
  const id = newId<'agent_account'>(now())
  const row = {
    ...rest,
    id,
    clientId: `client_${randomBytes(16).toString('hex')}`,
    status: 'active' as const,
    generation: 1,
    createdAt: at,
    updatedAt: at,
    rotatedAt: at,
  }
  const credential = made?.credential ?? { secretHash: null, publicKeys: [...(publicKeys ?? [])] }
  if (!(await store.insert(row, credential, maxAccounts)))
    throw new GatewayError(
      'conflict',
      `There are already ${maxAccounts} agent accounts, the most one installation holds. Delete some first.`,
    )
  await changed(id)
  return { account: await load(id), secret: made?.secret }
}

async function update({ store, changed, load, now }: Parts, id: AgentId, change: AccountChange) {
  const { publicKeys, ...rest } = change
  const at = new Date(now())
  if (!(await store.update(id, rest, at))) rejectUnknown()
  if (publicKeys !== undefined)
    await store.setCredential(id, { secretHash: null, publicKeys: [...publicKeys] }, at)
  await changed(id)
  return load(id)
}
