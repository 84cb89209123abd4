import { z } from 'zod'
import { referenceIn, referenceText } from '../kernel/secret-ref.ts'
import type { AuthInput } from './settings.ts'

/** A secret itself, or where it is kept: resolved for each call, never stored. */
export const secretInput = (length: number) =>
  z.union(
    [
      // No secret starts like what stands for a reference inside.
      z
        .string()
        .max(length)
        .refine((text) => referenceIn(text) === undefined),
      z.strictObject({ ref: z.string().min(1).max(1_500) }),
    ],
    {
      error: `must be a text of at most ${length} characters, or {"ref": "vault:…"} naming where it is kept`,
    },
  )

export function secretText(given: string | { readonly ref: string }): string {
  return typeof given === 'string' ? given : referenceText(given.ref)
}

// RFC 6749 appendix A.1.
const clientId = /^[\x20-\x7e]*$/
// RFC 6749 §3.3.
const scopeToken = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'must be one scope without spaces')

export const ConnectorAuth = z.strictObject({
  type: z.enum(['auto', 'oauth', 'bearer', 'none']),
  token: secretInput(8_192).optional(),
  client_id: z.string().min(1).max(500).regex(clientId, 'must be printable ASCII').optional(),
  client_secret: secretInput(8_192)
    .refine((given) => given !== '', { message: 'must not be empty' })
    .optional(),
  scopes: z.array(scopeToken).max(100).optional(),
  issuer: z.string().max(2_048).optional(),
  authorization_url: z.string().max(2_048).optional(),
  token_url: z.string().max(2_048).optional(),
  broker: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be the name of a vendor at the broker')
    .optional(),
  token_auth: z.enum(['basic', 'post', 'none', 'private_key_jwt']).optional(),
  resource: z.enum(['send', 'omit']).optional(),
  credential: z.enum(['personal', 'shared']).optional(),
  flow: z.enum(['authorization_code', 'client_credentials', 'token_exchange', 'id_jag']).optional(),
})

export const ShownAuth = z.object({
  type: z.enum(['auto', 'oauth', 'bearer', 'none']),
  client_id: z.string().optional(),
  scopes: z.array(z.string()).optional(),
  issuer: z.string().optional(),
  authorization_url: z.string().optional(),
  token_url: z.string().optional(),
  broker: z.string().optional(),
  token_auth: z.enum(['basic', 'post', 'none', 'private_key_jwt']).optional(),
  resource: z.enum(['send', 'omit']).optional(),
  credential: z.enum(['personal', 'shared']).optional(),
  flow: z.enum(['authorization_code', 'client_credentials', 'token_exchange', 'id_jag']).optional(),
})

/** From the wire's snake_case to settings. */
export function authInput(auth: z.output<typeof ConnectorAuth> | undefined): AuthInput | undefined {
  if (auth === undefined) return undefined
  const { type, token, client_secret, ...oauth } = auth
  const settings = Object.entries({
    clientId: oauth.client_id,
    scopes: oauth.scopes,
    issuer: oauth.issuer,
    authorizationUrl: oauth.authorization_url,
    tokenUrl: oauth.token_url,
    broker: oauth.broker,
    tokenAuth: oauth.token_auth,
    resource: oauth.resource,
    credential: oauth.credential,
    flow: oauth.flow,
  }).filter(([, value]) => value !== undefined)
  return {
    type,
    token: token === undefined ? undefined : secretText(token),
    clientSecret: client_secret === undefined ? undefined : secretText(client_secret),
    oauth: Object.fromEntries(settings),
  }
}
