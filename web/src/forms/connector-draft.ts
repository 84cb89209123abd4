import type { Connector } from '../api/shapes.ts'
import { fromPairs, type Pair, toPairs } from '../ui/pairs.tsx'

/** What stands in the form, as typed. It becomes a body only when it is sent. */
export type ConnectorDraft = {
  name: string
  description: string
  transport: Connector['transport']
  url: string
  auth: Connector['auth']['type']
  token: string
  oauth: OAuthDraft
  headers: Pair[]
  command: string
  args: string
  env: Pair[]
  /** Secrets kept elsewhere: the field (`headers.X-Api-Key`, `auth.token`), and where. */
  references: Pair[]
  network: Connector['network']
  mounts: string
  status: Connector['status']
  protocol: Connector['protocol']
  toolReview: Connector['tool_review']
  sensitive: boolean
  skipValidation: boolean
}

/** What the form leaves empty is found out when somebody connects. `rest`: what only the interface can set. */
export type OAuthDraft = {
  texts: { [name in OAuthText]?: string | undefined }
  credential: 'personal' | 'shared'
  resource: 'send' | 'omit'
  rest: Pick<Connector['auth'], 'flow' | 'token_auth'>
}
export type OAuthText =
  | 'client_id'
  | 'client_secret'
  | 'scopes'
  | 'issuer'
  | 'authorization_url'
  | 'token_url'
  | 'broker'

function oauthDraft(auth: Connector['auth']): OAuthDraft {
  const { type: _type, credential = 'personal', resource = 'send', scopes, flow, token_auth, ...texts } = auth
  return {
    texts: { ...texts, ...(scopes === undefined ? {} : { scopes: scopes.join(' ') }) },
    credential,
    resource,
    rest: { ...(flow === undefined ? {} : { flow }), ...(token_auth === undefined ? {} : { token_auth }) },
  }
}

export const blankConnector: ConnectorDraft = {
  name: '',
  description: '',
  transport: 'streamable_http',
  url: '',
  auth: 'auto',
  token: '',
  oauth: { texts: {}, credential: 'personal', resource: 'send', rest: {} },
  headers: [],
  command: 'npx',
  args: '',
  env: [],
  references: [],
  network: 'none',
  mounts: '',
  status: 'active',
  protocol: 'auto',
  toolReview: 'quarantine',
  sensitive: false,
  skipValidation: false,
}

export function draftOf(connector: Connector): ConnectorDraft {
  return {
    name: connector.name,
    description: connector.description,
    transport: connector.transport,
    url: connector.url ?? '',
    auth: connector.auth.type,
    token: '',
    oauth: oauthDraft(connector.auth),
    headers: toPairs(withoutKept(connector.headers, 'headers', connector.references)),
    command: connector.command ?? 'npx',
    args: connector.args.join('\n'),
    env: toPairs(withoutKept(connector.env, 'env', connector.references)),
    references: toPairs(connector.references),
    network: connector.network,
    mounts: connector.mounts.map((mount) => `${mount.mode} ${mount.path}`).join('\n'),
    status: connector.status,
    protocol: connector.protocol,
    toolReview: connector.tool_review,
    sensitive: connector.sensitive,
    skipValidation: connector.skip_input_validation,
  }
}

function withoutKept(values: Record<string, string>, field: string, kept: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => !Object.hasOwn(kept, `${field}.${name}`)),
  )
}

type Kept = Record<string, { ref: string }>

/** The references of one field: `headers`, `env` or `auth`. */
function keptOf(draft: ConnectorDraft, field: string): Kept {
  const named = Object.entries(fromPairs(draft.references)).filter(([name]) => name.startsWith(`${field}.`))
  return Object.fromEntries(named.map(([name, ref]) => [name.slice(field.length + 1), { ref: ref.trim() }]))
}

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

function mount(line: string): { path: string; mode: 'ro' | 'rw' } {
  const [, mode, path] = /^(ro|rw)\s+(.+)$/.exec(line) ?? []
  return { mode: mode === 'rw' ? 'rw' : 'ro', path: path ?? line }
}

/** The body of createServer, and of updateServer (an empty token keeps the stored one). */
export function connectorBody(draft: ConnectorDraft) {
  const common = {
    name: draft.name.trim(),
    description: draft.description.trim(),
    transport: draft.transport,
    status: draft.status,
    protocol: draft.protocol,
    tool_review: draft.toolReview,
    sensitive: draft.sensitive,
    skip_input_validation: draft.skipValidation,
  }
  if (draft.transport === 'stdio') {
    return {
      ...common,
      command: draft.command.trim(),
      args: lines(draft.args),
      env: { ...fromPairs(draft.env), ...keptOf(draft, 'env') },
      network: draft.network,
      mounts: lines(draft.mounts).map(mount),
    }
  }
  return {
    ...common,
    url: draft.url.trim(),
    headers: { ...fromPairs(draft.headers), ...keptOf(draft, 'headers') },
    auth: { ...authBody(draft), ...keptOf(draft, 'auth') },
  }
}

function authBody(draft: ConnectorDraft) {
  if (draft.auth === 'bearer')
    return { type: draft.auth, ...(draft.token === '' ? {} : { token: draft.token }) }
  if (draft.auth !== 'oauth') return { type: draft.auth }
  const { texts, rest, credential, resource } = draft.oauth
  const { scopes, ...given } = Object.fromEntries(
    Object.entries(texts).flatMap(([name, text = '']) => (text.trim() === '' ? [] : [[name, text.trim()]])),
  )
  return {
    type: draft.auth,
    ...rest,
    ...given,
    ...(scopes === undefined ? {} : { scopes: scopes.split(/\s+/) }),
    credential,
    resource,
  }
}

/** The body with its secrets blotted out, for the JSON shown beside the form. */
export function shownBody(draft: ConnectorDraft): unknown {
  const body = connectorBody(draft)
  if ('auth' in body && 'token' in body.auth && typeof body.auth.token === 'string')
    return { ...body, auth: { ...body.auth, token: '••••••' } }
  if ('auth' in body && 'client_secret' in body.auth && typeof body.auth.client_secret === 'string')
    return { ...body, auth: { ...body.auth, client_secret: '••••••' } }
  return body
}
