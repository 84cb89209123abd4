import type { ServerId, UserId } from './ids.ts'

export type Transport = 'streamable_http' | 'sse' | 'stdio'
export type ConnectorStatus = 'draft' | 'active' | 'disabled'
export type ToolReview = 'quarantine' | 'alert' | 'off'
export type EraSetting = 'auto' | 'legacy' | 'modern'
/**
 * What an administrator settled about OAuth towards an upstream; what is absent is found out. With both URLs nothing is
 * looked up at all, for providers without metadata. The client secret is sealed in `credentials`.
 */
export type OAuthSettings = {
  readonly clientId?: string
  readonly scopes?: readonly string[]
  readonly issuer?: string
  readonly authorizationUrl?: string
  readonly tokenUrl?: string
  /** The vendor's name at the OAuth broker, which signs people in there for us. */
  readonly broker?: string
  readonly tokenAuth?: 'basic' | 'post' | 'none' | 'private_key_jwt'
  /** `omit`: for providers that refuse the `resource` parameter. */
  readonly resource?: 'send' | 'omit'
  /** `shared`: one sign-in by an administrator serves everybody. */
  readonly credential?: 'personal' | 'shared'
  /**
   * `client_credentials`: the gateway signs in as itself, without a person. `token_exchange`: it signs who calls, and the
   * authorization server gives a token for that person (RFC 8693). `id_jag`: the person's identity provider says it
   * (ID-JAG, Enterprise-Managed Authorization).
   */
  readonly flow?: 'authorization_code' | 'client_credentials' | 'token_exchange' | 'id_jag'
}

/** `bearer` carries no token here: the token is sealed in `credentials` and opened only by attach. */
export type ConnectorAuth =
  | { readonly type: 'none' }
  | { readonly type: 'bearer' }
  | { readonly type: 'auto' }
  | ({ readonly type: 'oauth' } & OAuthSettings)

/** Health of a connector as last seen. `message` is safe to show. */
export type Health = {
  state: 'unknown' | 'ok' | 'failing' | 'needs_connection'
  message?: string
  checkedAt?: string
}

/** The npm package a hosted stdio connector runs, pinned at activation. */
export type PinnedPackage = { name: string; version: string; integrity: string; folder: string }

/** A managed MCP server (product.md §4). Header and environment values may hold {PLACEHOLDERS}. */
export type Connector = {
  readonly id: ServerId
  readonly name: string
  /** Unique, `[a-z0-9-]`, the prefix of its tools on the Runlayer Plugin. */
  readonly slug: string
  readonly description: string
  readonly kind: 'hosted' | 'local'
  readonly transport: Transport
  readonly url: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly command: string | undefined
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly auth: ConnectorAuth
  readonly status: ConnectorStatus
  readonly protocol: EraSetting
  readonly toolReview: ToolReview
  readonly skipInputValidation: boolean
  readonly toolOutputOffloading: boolean
  readonly sensitive: boolean
  readonly network: 'none' | 'open'
  readonly mounts: readonly { path: string; mode: 'ro' | 'rw' }[]
  /** Names of the {PLACEHOLDERS} each person supplies; empty when one credential serves everybody. */
  readonly personalValues: readonly string[]
  /** Secrets that are kept elsewhere, by field (`headers.X-Api-Key`, `env.TOKEN`, `auth.token`, `auth.client_secret`). */
  readonly secretRefs?: Readonly<Record<string, string>>
  readonly pinned: PinnedPackage | undefined
  readonly health: Health
  readonly createdBy: UserId | undefined
  readonly createdAt: string
  readonly updatedAt: string
  /** Grows with every change; pools and caches key on it. */
  readonly revision: number
}
