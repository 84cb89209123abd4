import type { GatewayError } from './errors.ts'

/** What keys may sign the proofs of tokens that are bound to them (RFC 9449 §5.1). */
export const proofAlgorithms = ['ES256', 'EdDSA', 'Ed25519'] as const

/** The proof of a key, as a request showed it (RFC 9449 §4). */
export type ShownProof = {
  readonly text: string
  readonly method: string
  /** The path asked for, without its query. */
  readonly path: string
}

/**
 * The WWW-Authenticate value of a 401, or of the 403 for a token with too few scopes: all that are needed, at once. Whoever came with a token bound to a key hears what was wrong with its proof; to all
 * others both schemes are offered. `parameters`: where to get a token (RFC 9728 §5.1).
 */
export function challengeOf(
  parameters: string,
  refused?: { error: Pick<GatewayError, 'reason' | 'data'>; authorization: string | undefined },
): string {
  const algs = `algs="${proofAlgorithms.join(' ')}"`
  const code = refused === undefined ? undefined : proofErrors[refused.error.reason]
  const isBound = code !== undefined || /^dpop /i.test(refused?.authorization ?? '')
  const scope = refused?.error.data?.['scope']
  if (refused?.error.reason === 'scope-missing')
    return `${isBound ? 'DPoP' : 'Bearer'} error="insufficient_scope", scope="${scope}", ${metadataIn(parameters)}`
  if (!isBound) return `Bearer ${parameters}, DPoP ${algs}`
  return `DPoP ${parameters}, ${algs}, error="${code ?? 'invalid_token'}"`
}

const metadataIn = (parameters: string) => /resource_metadata="[^"]*"/.exec(parameters)?.[0] ?? ''

/** Whether an answer with this error carries a challenge. */
export function isChallenged({ status, reason }: Pick<GatewayError, 'status' | 'reason'>): boolean {
  return status === 401 || reason === 'scope-missing'
}

const proofErrors: Readonly<Record<string, string>> = {
  'key-proof-refused': 'invalid_dpop_proof',
  'key-proof-nonce': 'use_dpop_nonce',
}

/** What a client puts into its next proof when it is asked to (RFC 9449 §8). */
export function nonceIn(error: Pick<GatewayError, 'data'>): string | undefined {
  const nonce = error.data?.['dpop_nonce']
  return typeof nonce === 'string' ? nonce : undefined
}
