import type { GroupId, Id, UserId } from '../kernel/ids.ts'
import type { JsonObject } from '../kernel/json.ts'

export type ProviderId = Id<'sso_provider'>

export type OidcSettings = {
  readonly kind: 'oidc'
  readonly issuer: string
  readonly clientId: string
  readonly scopes: readonly string[]
}
export type SamlSettings = {
  readonly kind: 'saml'
  readonly entityId: string
  readonly ssoUrl: string
  /** PEM; any of them may have signed, so that keys can be rolled over. */
  readonly certificates: readonly string[]
  /** The attribute that holds the email; by default the usual ones, then a NameID of the email format. */
  readonly emailAttribute?: string
  /** It wants our requests signed. */
  readonly signRequests?: true
}
export type ProviderSettings = OidcSettings | SamlSettings

/** What claims become here. There is no mapping to roles: whoever administers the provider is no administrator by that. */
export type Mapping = {
  readonly groups: {
    readonly claim: string
    /** A value that is the name of a group leads to it. */
    readonly byName: boolean
    readonly rows: readonly { readonly value: string; readonly groupId: GroupId }[]
  } | null
  readonly attributes: readonly { readonly claim: string; readonly attribute: string }[]
}

/** An identity provider and what it may do here. */
export type Provider = {
  readonly id: ProviderId
  readonly name: string
  readonly settings: ProviderSettings
  readonly hasSecret: boolean
  /** Of SAML: what it knows our key by; not there before the key was needed. */
  readonly ownCertificate: string | undefined
  /** Lower case. Only people with an email of one of them are created or connected. */
  readonly domains: readonly string[]
  /** Somebody without an account gets one at their first sign-in. */
  readonly createPeople: boolean
  /** An existing account with the same email is connected at the first sign-in. */
  readonly linkByEmail: boolean
  /** An email counts though the provider does not say whether it verified it. One it says it did not verify never does. */
  readonly trustEmail: boolean
  /** What it gives at sign-ins is kept, so that it can vouch for its people at upstreams. */
  readonly keepsSignIn: boolean
  /** The sign-in page has a button for it. */
  readonly shown: boolean
  readonly mapping: Mapping
  readonly enforced: boolean
  readonly testedAt: Date | undefined
  readonly testedBy: UserId | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Whom a provider says somebody is, after every check of its signature, audience and freshness. */
export type Claimed = {
  readonly issuer: string
  readonly subject: string
  readonly email: string | undefined
  /** undefined: the provider does not say. */
  readonly emailVerified: boolean | undefined
  readonly name: string | undefined
  readonly claims: JsonObject
}

/** Who a person is at a provider. */
export type SsoIdentity = {
  readonly providerId: ProviderId
  readonly providerName: string
  readonly issuer: string
  readonly subject: string
  readonly createdAt: Date
}

export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase()
}
