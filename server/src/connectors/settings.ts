import type {
  Connector,
  ConnectorStatus,
  EraSetting,
  OAuthSettings,
  ToolReview,
  Transport,
} from '../kernel/connector.ts'
import { referenceIn } from '../kernel/secret-ref.ts'

/** Stands for a stored secret in every answer; sent back in a change it means: keep what is stored. */
export const hidden = '[hidden]'

/** What an admin decides about a connector, secrets in clear: alive only while a change is checked and sealed. */
export type Settings = {
  readonly name: string
  readonly description: string
  readonly kind: 'hosted' | 'local'
  readonly transport: Transport
  readonly url: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly command: string | undefined
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly auth: AuthInput
  readonly status: ConnectorStatus
  readonly protocol: EraSetting
  readonly toolReview: ToolReview
  readonly skipInputValidation: boolean
  readonly toolOutputOffloading: boolean
  readonly sensitive: boolean
  readonly identityForward: boolean
  readonly network: 'none' | 'open'
  readonly mounts: Connector['mounts']
}

/** `token`: the bearer token. The rest is for OAuth. */
export type AuthInput = {
  readonly type: 'auto' | 'bearer' | 'none' | 'oauth'
  readonly token?: string | undefined
  readonly clientSecret?: string | undefined
  readonly oauth?: OAuthSettings | undefined
}

/** The secrets of one connector, in clear. */
export type Secrets = {
  readonly token: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

/** Which secrets are kept elsewhere, by field as the interface names it. */
export function referencesOf({ auth, headers, env }: Settings): Record<string, string> {
  const fields: [string, string | undefined][] = [
    ...Object.entries(headers).map(([name, value]): [string, string] => [`headers.${name}`, value]),
    ...Object.entries(env).map(([name, value]): [string, string] => [`env.${name}`, value]),
    ['auth.token', auth.type === 'bearer' ? auth.token : undefined],
    ['auth.client_secret', auth.type === 'oauth' ? auth.clientSecret : undefined],
  ]
  return Object.fromEntries(
    fields.flatMap(([field, text]) => {
      const reference = text === undefined ? undefined : referenceIn(text)
      return reference === undefined ? [] : [[field, reference]]
    }),
  )
}

/** Settings as a caller sends them: what is absent keeps its value or gets its default; null empties. */
export type SettingsInput = {
  readonly [Field in keyof Omit<Settings, 'url' | 'command'>]?: Settings[Field] | undefined
} & { readonly url?: string | null | undefined; readonly command?: string | null | undefined }

/** A new connector's settings. HTTP transports detect their authentication unless told; a process has none. */
export function newSettings(input: SettingsInput & Pick<Settings, 'name' | 'transport'>): Settings {
  const blank: Settings = {
    name: input.name,
    description: '',
    kind: 'hosted',
    transport: input.transport,
    url: undefined,
    headers: {},
    command: undefined,
    args: [],
    env: {},
    auth: { type: input.transport === 'stdio' ? 'none' : 'auto' },
    status: 'active',
    protocol: 'auto',
    toolReview: 'quarantine',
    skipInputValidation: false,
    toolOutputOffloading: true,
    sensitive: false,
    identityForward: false,
    network: 'none',
    mounts: [],
  }
  return over(blank, input)
}

/** The settings a change leads to. A new transport starts without what only the old one had. */
export function changedSettings(connector: Connector, secrets: Secrets, input: SettingsInput): Settings {
  const before: Settings = {
    ...connector,
    headers: secrets.headers,
    env: secrets.env,
    auth: storedAuth(connector, secrets),
    identityForward: false,
  }
  const next = over(withoutForeign(before, input.transport ?? before.transport), {
    ...input,
    headers: keepHidden(input.headers, secrets.headers),
    env: keepHidden(input.env, secrets.env),
  })
  if (next.auth.type === 'oauth') return { ...next, auth: keepClientSecret(connector, secrets, next.auth) }
  if (next.auth.type !== 'bearer') return next
  const kept = next.auth.token === undefined || next.auth.token === hidden
  return kept ? { ...next, auth: { type: 'bearer', token: secrets.token } } : next
}

function storedAuth(connector: Connector, secrets: Secrets): AuthInput {
  if (connector.auth.type !== 'oauth') return { type: connector.auth.type, token: secrets.token }
  const { type, ...oauth } = connector.auth
  return { type, oauth, clientSecret: secrets.token }
}

/** A secret belongs to its client: another client id never goes out with the secret of the one before. */
function keepClientSecret(connector: Connector, secrets: Secrets, auth: AuthInput): AuthInput {
  const { clientSecret } = auth
  if (clientSecret !== undefined && clientSecret !== hidden) return auth
  const isSame = connector.auth.type === 'oauth' && connector.auth.clientId === auth.oauth?.clientId
  return { ...auth, clientSecret: isSame ? secrets.token : undefined }
}

function over(base: Settings, input: SettingsInput): Settings {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  const merged = { ...base, ...given } as Settings & {
    url: string | null | undefined
    command: string | null | undefined
  }
  return { ...merged, url: merged.url ?? undefined, command: merged.command ?? undefined }
}

function withoutForeign(before: Settings, transport: Transport): Settings {
  if ((transport === 'stdio') === (before.transport === 'stdio')) return before
  if (transport === 'stdio') return { ...before, url: undefined, headers: {}, auth: { type: 'none' } }
  return {
    ...before,
    command: undefined,
    args: [],
    env: {},
    network: 'none',
    mounts: [],
    auth: { type: 'auto' },
  }
}

function keepHidden(
  given: Readonly<Record<string, string>> | undefined,
  stored: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  if (given === undefined) return undefined
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value === hidden ? (stored[name] ?? hidden) : value]),
  )
}
