import type { JWK } from 'jose'
import type { AgentAccounts } from '../agent-accounts/agent-accounts.ts'
import type { AgentId, ConnectionId, DelegationId, ServerId, UserId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { checkProofs, type Proofs } from './check-proof.ts'
import { type ConnectionStore, connectionStore } from './connection-store.ts'
import { loadSigningKeys, type Sealer } from './keep-keys.ts'
import { keepRecords, type Records } from './keep-records.ts'
import { baseOf, resourcePath, scopeOf } from './name-resource.ts'
import { proofStore } from './proof-store.ts'
import { type TokenClaims, tokenReader } from './read-token.ts'
import { recordStore, signingKeyStore } from './record-store.ts'
import { clientSigner, type Subject, subjectSigner } from './sign-subject.ts'
import { type SignToken, tokenSigner } from './sign-token.ts'

/** Whose an access token is and where it counts. */
export type KnownToken = TokenOwner & {
  readonly clientId: string
  readonly clientName: string
  readonly audience: string
  readonly endsAt: number
  /** Thumbprint of the key it is bound to: it counts with a proof of that key alone. */
  readonly boundTo: string | undefined
  /** The scopes it would need where it is for, when it has too few. */
  readonly lacks: string | undefined
}
export type TokenOwner =
  | { readonly kind: 'person'; readonly userId: UserId; readonly connectionId: ConnectionId }
  | { readonly kind: 'agent'; readonly agentId: AgentId }
  | {
      readonly kind: 'acting'
      readonly agentId: AgentId
      readonly userId: UserId
      readonly delegationId: DelegationId
      readonly servers: readonly ServerId[] | undefined
      readonly lent: readonly ServerId[]
      /** When the above changes by itself. */
      readonly freshUntil: number
    }

/** Access tokens as whoever authenticates sees them. */
export type Tokens = {
  /** undefined for whatever is not a living token of ours. One that is bound to a key counts only with its proof. */
  find(text: string): Promise<KnownToken | undefined>
  /** True when a token for this audience counts at this MCP path; never where there is no such path, as on REST. */
  accepts(audience: string, path: string | undefined): boolean
  readonly proofs: Proofs
  recordUses(uses: readonly { id: string; at: Date; ip: string }[]): Promise<void>
  recordAgentUses(uses: readonly { id: string; at: Date; ip: string }[]): Promise<void>
  readonly signingKeys: readonly JWK[]
  readonly sign: SignToken
  /** Who somebody is, signed for one other authorization server. */
  signSubject(subject: Subject, audience: string): Promise<string>
  /** That this installation is the client it says, for one authorization server (RFC 7523 §2.2). */
  signClient(clientId: string, audience: string): Promise<string>
  readonly records: Records
  close(): void
}

const cleanMs = 3_600_000
/** A client that registered and was never connected is forgotten after this long. */
const unusedClientMs = 7 * 24 * 3_600_000

export type TokensParts = {
  db: Db
  bus: Bus
  keyring: Sealer & { derive(label: string): Buffer }
  publicUrl: URL
  agents: Pick<AgentAccounts, 'living' | 'recordUses' | 'delegations'>
  now: () => number
  log: Log
}

export async function openTokens(parts: TokensParts): Promise<Tokens> {
  const { db, bus, keyring, agents, now, log } = parts
  const base = baseOf(parts.publicUrl)
  const stored = recordStore(db)
  const connections = connectionStore(db)
  const signingKeys = await loadSigningKeys({ store: signingKeyStore(db), keyring, now })
  const records = keepRecords({
    store: stored,
    keyring,
    hashKey: keyring.derive('oauth-record'),
    now,
    // Whoever caches a caller drops it: the next request with a token of this grant is refused.
    onGrantEnded: () => bus.publish('identity', 'key:oauth-grant'),
  })
  const read = tokenReader(signingKeys, base, now)
  const proofs = checkProofs({
    ...{ store: proofStore(db), base, now, log },
    secret: keyring.derive('dpop-nonce'),
  })
  const cleaning = setInterval(() => {
    stored
      .removeExpired(new Date(now()), new Date(now() - unusedClientMs))
      .catch((error: unknown) => log.warn({ err: error }, 'expired authorizations could not be removed'))
  }, cleanMs).unref()
  return {
    async find(text) {
      const claims = await read(text)
      if (claims === undefined) return undefined
      const owner = await ownerOf({ connections, agents }, claims)
      if (owner === undefined) return undefined
      const { clientId, audience, endsAt, boundTo } = claims
      const needed = scopeOf(audience, base)
      const lacks = claims.scopes.includes(needed) ? undefined : needed
      return { ...owner, clientId, audience, endsAt, boundTo, lacks }
    },
    accepts(audience, path) {
      const own = path === undefined ? undefined : resourcePath(path)
      return own !== undefined && audience === `${base}${own}`
    },
    proofs,
    recordUses: connections.recordUses,
    recordAgentUses: agents.recordUses,
    signingKeys,
    sign: tokenSigner(signingKeys, base, now),
    signSubject: subjectSigner(signingKeys, base, now),
    signClient: clientSigner(signingKeys, now),
    records,
    close() {
      clearInterval(cleaning)
      proofs.close()
    },
  }
}

type Owners = { connections: ConnectionStore; agents: Pick<AgentAccounts, 'living' | 'delegations'> }

/** Whose the token is as things stand now, or undefined when what it lives by has ended. */
async function ownerOf(
  { connections, agents }: Owners,
  { subject, clientId }: TokenClaims,
): Promise<(TokenOwner & { clientName: string }) | undefined> {
  if (subject.kind === 'person') {
    const owner = await connections.ownerOfGrant(subject.grant)
    if (owner === undefined || owner.userId !== subject.userId) return undefined
    const { userId, connectionId, clientName } = owner
    return { kind: 'person', userId, connectionId, clientName }
  }
  const account = await agents.living(subject.agentId, subject.generation)
  if (account === undefined || account.clientId !== clientId) return undefined
  const { id: agentId, name: clientName } = account
  if (subject.kind === 'agent') return { kind: 'agent', agentId, clientName }
  const found = await agents.delegations.living(subject.delegation)
  const { userId } = subject
  if (found === undefined) return undefined
  const { delegation, lent, freshUntil } = found
  if (delegation.userId !== userId || delegation.agentId !== agentId) return undefined
  const { id: delegationId, servers } = delegation
  return { kind: 'acting', agentId, userId, delegationId, servers, lent, freshUntil, clientName }
}
