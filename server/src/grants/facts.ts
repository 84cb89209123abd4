/** What is known about how one upstream wants to be signed in to. Found out, or settled by an administrator. */
export type AuthFacts = {
  /** The connector's address this was found for: tokens are sent nowhere else. */
  readonly serverUrl: string
  /** Sent as `resource` (RFC 8707), unless the settings say that the provider refuses it. */
  readonly resource: string
  /** As the authorization server writes it; compared as plain text, never normalised. */
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly registrationEndpoint?: string
  readonly revocationEndpoint?: string
  /** Of an OAuth broker: the vendor it is asked to register us for. */
  readonly vendor?: string
  /** RFC 9207: an answer without `iss` is refused. */
  readonly issuerInResponse: boolean
  /** Takes the address of a client metadata document as client id. */
  readonly takesClientDocuments: boolean
  readonly tokenAuthMethods?: readonly string[]
  /** What to ask for; absent: the server decides. */
  readonly scope?: string
}

/** How the gateway shows itself at a token endpoint. */
export type UpstreamClient = {
  readonly clientId: string
  readonly secret?: string
  readonly auth: 'basic' | 'post' | 'none' | 'private_key_jwt'
  readonly origin: 'settings' | 'document' | 'registered'
}

/** A client as one request shows it: with what it signed for that request, which is kept nowhere. */
export type ShownClient = UpstreamClient & { readonly assertion?: string }

export function unionOfScopes(...scopes: readonly (string | undefined)[]): string | undefined {
  const words = new Set(scopes.flatMap((scope) => scope?.split(' ').filter((word) => word !== '') ?? []))
  return words.size === 0 ? undefined : [...words].join(' ')
}
