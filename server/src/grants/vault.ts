import type { UpstreamClient } from './facts.ts'
import type { Tokens } from './request-token.ts'
import type { GrantRow } from './store.ts'

/** What a grant keeps secret. The client is kept with it: a token is renewed by the client it was given to. */
export type GrantSecrets = {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly client: UpstreamClient
}

/** A grant with its tokens in clear, as long as a process needs it. */
export type OpenGrant = { readonly row: GrantRow; readonly secrets: GrantSecrets | undefined }

type Keyring = { seal(plain: string, bind: string): string; open(sealed: string, bind: string): string }
type Place = { readonly serverId: string; readonly owner: string }

export type Vault = {
  seal(place: Place, secrets: GrantSecrets): string
  open(row: GrantRow): OpenGrant
}

/** Seals tokens bound to their row, so that rows cannot be swapped. */
export function grantVault(keyring: Keyring): Vault {
  const bind = ({ serverId, owner }: Place) => `grants:${serverId}:${owner}`
  return {
    seal: (place, secrets) => keyring.seal(JSON.stringify(secrets), bind(place)),
    open: (row) => ({
      row,
      secrets:
        row.state === 'ended' ? undefined : (JSON.parse(keyring.open(row.tokens, bind(row))) as GrantSecrets),
    }),
  }
}

/** A refresh that gives no new refresh token keeps the one before. */
export function secretsFrom(tokens: Tokens, client: UpstreamClient, before?: GrantSecrets): GrantSecrets {
  const refreshToken = tokens.refreshToken ?? before?.refreshToken
  return {
    accessToken: tokens.accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    client,
  }
}
