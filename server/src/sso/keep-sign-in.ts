import { setTimeout as wait } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import type { Keyring } from '../credentials/keyring.ts'
import type { Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type UserId } from '../kernel/ids.ts'
import type { JsonObject } from '../kernel/json.ts'
import { otherThan, type SignedIn, signedInOf } from './check-renewed.ts'
import type { KeptRow, KeptStore } from './kept-store.ts'
import type { Provider, ProviderId } from './provider.ts'
import type { Oidc, OidcProvider } from './speak-oidc.ts'

/** What a provider gave at a sign-in, as far as it can vouch for somebody later. */
export type SignInTokens = { readonly idToken: string; readonly refreshToken?: string | undefined }

type Wanted = { audience: string; resource: string; scope: string | undefined }

export type KeptSignIns = {
  /** Keeps the tokens of a sign-in, where an administrator turned that on; else forgets those of earlier ones. */
  keep(provider: Provider, userId: UserId, tokens: SignInTokens | undefined): Promise<void>
  /**
   * An assertion of the person's identity provider for one upstream (ID-JAG). Throws sso-required when they have to sign in
   * there once more, provider-failed when it refuses.
   */
  assertionFor(userId: UserId, wanted: Wanted): Promise<string>
  endOf(userId: UserId): Promise<void>
  endAt(providerId: ProviderId): Promise<void>
}

type KeptParts = {
  store: KeptStore
  keyring: Pick<Keyring, 'seal' | 'open'>
  oidc: Pick<Oidc, 'ask'>
  provider(id: ProviderId): Promise<Provider | undefined>
  journal: Journal
  now: () => number
}

const tokenType = (name: string) => `urn:ietf:params:oauth:token-type:${name}`
const idJag = tokenType('id-jag')
/** An ID token that ends sooner is renewed first. */
const aheadMs = 30_000
/** Longer than a request to a provider can take. */
const leaseSeconds = 20
const waitMs = 25_000
const pollMs = 100

export function keepSignIns(parts: KeptParts): KeptSignIns {
  const { store, keyring, now } = parts
  const ask = async (at: Kept, params: Readonly<Record<string, string | undefined>>): Promise<JsonObject> => {
    const { status, value = {} } = await parts.oidc.ask(at.provider, params)
    if (status === 200) return value
    if (value['error'] !== 'invalid_grant') throw refused(at.provider, value)
    await store.end(at.row)
    throw signInFirst()
  }
  const kept = async (userId: UserId): Promise<Kept> => {
    const row = await store.find(userId)
    const provider = row === undefined ? undefined : await parts.provider(row.providerId)
    if (row === undefined || provider?.keepsSignIn !== true || provider.settings.kind !== 'oidc')
      throw signInFirst()
    const tokens = JSON.parse(keyring.open(row.sealed, bindOf(userId))) as KeptTokens
    return { row, provider: provider as OidcProvider, tokens }
  }
  const renew = async (at: Kept, refreshToken: string): Promise<Kept> => {
    try {
      const value = await ask(at, { grant_type: 'refresh_token', refresh_token: refreshToken })
      const idToken = value['id_token']
      if (typeof idToken !== 'string') throw refused(at.provider, value)
      const signedIn = at.tokens.signedIn ?? signedInOf(at.tokens.idToken)
      await checkSame(parts, at, { signedIn, idToken })
      const next = value['refresh_token']
      const tokens = { idToken, refreshToken: typeof next === 'string' ? next : refreshToken, signedIn }
      const sealed = keyring.seal(JSON.stringify(tokens), bindOf(at.row.userId))
      await store.renew(at.row, sealed, new Date(now()))
      return { ...at, row: { ...at.row, revision: at.row.revision + 1 }, tokens }
    } catch (error) {
      await store.release(at.row)
      throw error
    }
  }
  /** What is kept, fresh enough to be shown; renewed by one process at a time. */
  const fresh = async (userId: UserId): Promise<Kept> => {
    for (let waited = 0; waited <= waitMs; waited += pollMs) {
      const at = await kept(userId)
      if (endOf(at.tokens.idToken) > now() + aheadMs) return at
      const { refreshToken } = at.tokens
      if (refreshToken === undefined) throw signInFirst()
      if (await store.lease(at.row, leaseSeconds)) return await renew(at, refreshToken)
      await wait(pollMs)
    }
    throw new GatewayError(
      'provider-failed',
      'Your identity provider does not answer another request for you.',
    )
  }
  return {
    async keep(provider, userId, tokens) {
      if (!provider.keepsSignIn || tokens === undefined) return store.endOf(userId)
      const sealed = keyring.seal(JSON.stringify(tokens), bindOf(userId))
      await store.put({ userId, providerId: provider.id, sealed, keptAt: new Date(now()) })
    },
    async assertionFor(userId, { audience, resource, scope }) {
      const at = await fresh(userId)
      const value = await ask(at, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: idJag,
        subject_token: at.tokens.idToken,
        subject_token_type: tokenType('id_token'),
        ...{ audience, resource, scope },
      })
      const assertion = value['access_token']
      if (value['issued_token_type'] !== idJag || typeof assertion !== 'string')
        throw refused(at.provider, value)
      return assertion
    },
    endOf: store.endOf,
    endAt: store.endAt,
  }
}

/** `signedIn`: of the ID token that came with the sign-in, once another took its place. */
type KeptTokens = SignInTokens & { readonly signedIn?: SignedIn }
type Kept = { row: KeptRow; provider: OidcProvider; tokens: KeptTokens }

/** Ends what is kept when the provider renewed an ID token that is not of this sign-in, and throws sso-required. */
async function checkSame(
  { store, journal }: Pick<KeptParts, 'store' | 'journal'>,
  { row, provider }: Kept,
  { signedIn, idToken }: { signedIn: SignedIn; idToken: string },
): Promise<void> {
  const other = otherThan(signedIn, readRenewed(provider, idToken))
  if (other === undefined) return
  const requestId = newId()
  const action = 'sso_sign_in_ended'
  const entry = await journal.open({
    action,
    actor: { type: 'system', id: `sso:${provider.id}` },
    requestId,
    correlationId: requestId,
    resourceType: 'user',
    resourceId: row.userId,
  })
  await store.end(row)
  const error = `The ID token ${provider.name} renewed is not of this sign-in: ${other}.`
  await entry.close({ action, outcome: 'denied', reason: 'sso-required', error })
  throw signInFirst()
}

function readRenewed(provider: Provider, idToken: string): SignedIn {
  try {
    return signedInOf(idToken)
  } catch {
    throw refused(provider, {})
  }
}

const bindOf = (userId: UserId) => `sso_kept_sign_ins:${userId}`

const signInFirst = () =>
  new GatewayError(
    'sso-required',
    'This connector takes the word of your identity provider. Sign in to the console through it once, and try again.',
  )

function endOf(idToken: string): number {
  return (decodeJwt(idToken).exp ?? 0) * 1_000
}

/** An error code of OAuth is one word; whatever else a server puts there is not shown. */
function refused({ name }: Provider, value: JsonObject): GatewayError {
  const code = value['error']
  const why = typeof code === 'string' && /^[a-z_]{1,60}$/.test(code) ? code : 'without a reason'
  return new GatewayError('provider-failed', `${name} does not vouch for you there (${why}).`)
}
