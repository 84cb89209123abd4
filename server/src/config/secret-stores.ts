import { isAbsolute } from 'node:path'
import { z } from 'zod'

/** Where secrets may be kept instead of in the database. What is absent is not configured. */
export type SecretStoreSettings = {
  readonly vault: VaultSettings | undefined
  readonly aws: AwsSettings | undefined
  /** The one folder references of `file:` may read in. */
  readonly files: string | undefined
}
export type VaultSettings = {
  readonly url: string
  readonly namespace: string | undefined
  readonly login:
    | { readonly kind: 'token'; readonly token: string }
    | { readonly kind: 'token-file'; readonly path: string }
    | { readonly kind: 'app-role'; readonly roleId: string; readonly secretId: string }
}
export type AwsSettings = {
  readonly url: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
}

const folder = z.string().refine(isAbsolute, { message: 'must be an absolute path' })
const address = z.url({ protocol: /^https?$/ })

export const secretStoreFields = {
  RUNLAYER_VAULT_ADDR: address.optional(),
  RUNLAYER_VAULT_NAMESPACE: z.string().min(1).optional(),
  RUNLAYER_VAULT_TOKEN: z.string().min(1).optional(),
  RUNLAYER_VAULT_TOKEN_FILE: folder.optional(),
  RUNLAYER_VAULT_ROLE_ID: z.string().min(1).optional(),
  RUNLAYER_VAULT_SECRET_ID: z.string().min(1).optional(),
  RUNLAYER_SECRETS_MANAGER_URL: address.optional(),
  RUNLAYER_SECRET_FILES: folder.optional(),
  AWS_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, { message: 'must be a region such as eu-central-1' })
    .optional(),
  AWS_ACCESS_KEY_ID: z.string().min(1).optional(),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  AWS_SESSION_TOKEN: z.string().min(1).optional(),
}
type Fields = z.output<z.ZodObject<typeof secretStoreFields>>

/** What does not fit together, in words. */
export function secretStoreMistakes(env: Fields): string[] {
  const wrong: string[] = []
  const hasRole = env.RUNLAYER_VAULT_ROLE_ID !== undefined && env.RUNLAYER_VAULT_SECRET_ID !== undefined
  const ways = [env.RUNLAYER_VAULT_TOKEN, env.RUNLAYER_VAULT_TOKEN_FILE, hasRole ? 'role' : undefined]
  const given = ways.filter((way) => way !== undefined).length
  if (env.RUNLAYER_VAULT_ADDR !== undefined && given !== 1)
    wrong.push(
      'RUNLAYER_VAULT_ADDR: needs exactly one of RUNLAYER_VAULT_TOKEN, RUNLAYER_VAULT_TOKEN_FILE, or RUNLAYER_VAULT_ROLE_ID with RUNLAYER_VAULT_SECRET_ID',
    )
  if (env.RUNLAYER_VAULT_ADDR === undefined && given > 0)
    wrong.push('RUNLAYER_VAULT_ADDR: is missing, and a way to sign in there is given')
  const needsKeys = env.AWS_REGION === undefined || env.AWS_ACCESS_KEY_ID === undefined
  if (env.RUNLAYER_SECRETS_MANAGER_URL !== undefined && (needsKeys || !env.AWS_SECRET_ACCESS_KEY))
    wrong.push('RUNLAYER_SECRETS_MANAGER_URL: needs AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  return wrong
}

export function secretStoresFrom(env: Fields): SecretStoreSettings {
  return { vault: vaultFrom(env), aws: awsFrom(env), files: env.RUNLAYER_SECRET_FILES }
}

function vaultFrom(env: Fields): VaultSettings | undefined {
  const url = env.RUNLAYER_VAULT_ADDR
  if (url === undefined) return undefined
  const common = { url: url.replace(/\/+$/, ''), namespace: env.RUNLAYER_VAULT_NAMESPACE }
  const { RUNLAYER_VAULT_TOKEN: token, RUNLAYER_VAULT_TOKEN_FILE: path } = env
  if (token !== undefined) return { ...common, login: { kind: 'token', token } }
  if (path !== undefined) return { ...common, login: { kind: 'token-file', path } }
  const roleId = env.RUNLAYER_VAULT_ROLE_ID ?? ''
  return { ...common, login: { kind: 'app-role', roleId, secretId: env.RUNLAYER_VAULT_SECRET_ID ?? '' } }
}

function awsFrom(env: Fields): AwsSettings | undefined {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (region === undefined || accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return {
    url: env.RUNLAYER_SECRETS_MANAGER_URL ?? `https://secretsmanager.${region}.amazonaws.com/`,
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken: env.AWS_SESSION_TOKEN,
  }
}
