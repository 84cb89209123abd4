import * as client from 'openid-client'
import { GatewayError } from '../kernel/errors.ts'
import type { Provider } from './provider.ts'

/** What went wrong in words for the person at the browser; the library's own words go to the log as the cause. */
const byCode: Readonly<Record<string, string>> = {
  OAUTH_JWT_CLAIM_COMPARISON_FAILED:
    'its ID token was made for another sign-in or another client (issuer, audience or nonce)',
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED:
    'its ID token is not valid at this moment; the clocks of both servers may be more than a minute apart',
  OAUTH_KEY_SELECTION_FAILED: 'the key its ID token was signed with is not among its published keys',
  OAUTH_INVALID_RESPONSE: 'what it sent does not belong to this sign-in',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'two of its answers contradict each other',
  OAUTH_PARSE_ERROR: 'it sent something that cannot be read',
  OAUTH_UNSUPPORTED_OPERATION: 'it uses an algorithm that is not taken here',
}

/** Runs a step with a provider and says failures in our words. */
export async function explainOidc<T>(provider: Provider, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw explained(provider, error)
  }
}

function explained({ name }: Provider, error: unknown): GatewayError {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (at instanceof GatewayError) return isReach(at) ? reach(name, at) : at
  if (error instanceof client.AuthorizationResponseError)
    return new GatewayError('sso-refused', refusedBy(name, error.error), { cause: error })
  if (error instanceof client.ResponseBodyError)
    return new GatewayError('sso-refused', `${name} did not take our request (${word(error.error)}).`, {
      cause: error,
    })
  const { code = '' } = error as { code?: string }
  const why = byCode[code] ?? 'its answer does not fit what was asked'
  const reason =
    code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || code === 'OAUTH_RESPONSE_IS_NOT_JSON'
      ? 'provider-failed'
      : 'sso-refused'
  return new GatewayError(reason, `The answer of ${name} was not accepted: ${why}.`, { cause: error })
}

function refusedBy(name: string, error: string): string {
  return error === 'access_denied'
    ? `You were not let in by ${name}, or went back before the end.`
    : `${name} ended the sign-in (${word(error)}).`
}

/** An error code of OAuth is one word; whatever else a server puts there is not shown. */
function word(code: string): string {
  return /^[a-z_]{1,60}$/.test(code) ? code : 'without a reason'
}

function isReach(error: GatewayError): boolean {
  return error.reason.startsWith('upstream-') || error.reason === 'address-refused'
}

function reach(name: string, error: GatewayError): GatewayError {
  return new GatewayError('provider-failed', `${name}: ${error.message}`, { cause: error })
}
