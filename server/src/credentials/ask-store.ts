import { GatewayError } from '../kernel/errors.ts'
import type { SecretRef } from '../kernel/secret-ref.ts'
import type { GuardedAnswer, GuardedFetch, GuardedJson, GuardedRequest } from '../lib/guarded-fetch.ts'

/** One place where secrets are kept. Errors name it and never what is in it. */
export type SecretStore = {
  /** What is wrong with a reference, in words, before anybody is asked. */
  check(ref: SecretRef): string | undefined
  read(ref: SecretRef): Promise<string>
}

/** `what` completes a sentence that starts with the store. */
export function unavailable(store: string, what: string, cause?: unknown): GatewayError {
  const name = store.charAt(0).toUpperCase() + store.slice(1)
  return new GatewayError('secret-unavailable', `${name} ${what}.`, { cause })
}

/** One request to a secret store; trouble on the way becomes words that name it. */
export async function askStore(
  fetch: GuardedFetch,
  { store, url, request }: { store: string; url: string; request: GuardedRequest },
): Promise<GuardedJson> {
  try {
    return await fetch.json(new URL(url), { timeoutMs: 5_000, maxBytes: 128 * 1024, ...request })
  } catch (error) {
    const reason = error instanceof GatewayError ? error.reason : undefined
    const what = reason === 'upstream-timeout' ? 'did not answer in time' : 'could not be reached'
    throw unavailable(store, what, error)
  }
}

/** Bodies of secret stores are never shown: the status and a word known beforehand have to do. */
export function badAnswer(store: string, { status }: GuardedAnswer): GatewayError {
  return unavailable(store, `answered with status ${status}`)
}

export function fieldOf(store: string, values: unknown, field: string): string {
  const isObject = typeof values === 'object' && values !== null && Object.hasOwn(values, field)
  const value: unknown = isObject ? (values as Record<string, unknown>)[field] : undefined
  if (typeof value !== 'string') throw unavailable(store, 'has the secret, without the field it is asked for')
  return value
}
