import { GatewayError } from '../kernel/errors.ts'
import type { OidcSettings, Provider, SamlSettings } from './provider.ts'
import { readCertificate, readMetadata, type SamlAddress } from './read-metadata.ts'

export type OidcFields = {
  issuer: string
  client_id: string
  scopes: string[]
  client_secret?: string | null | undefined
}
export type SamlFields = {
  metadata?: string | undefined
  entity_id?: string | undefined
  sso_url?: string | undefined
  certificates?: string[] | undefined
  email_attribute?: string | undefined
  sign_requests?: boolean | undefined
}
type Given = { oidc?: OidcFields | undefined; saml?: SamlFields | undefined }
type Read = { settings: OidcSettings | SamlSettings; secret: string | null | undefined }

const wrong = (loc: string, rule: string, msg: string) =>
  new GatewayError('invalid-field', `${loc}: ${msg}`, { errors: [{ loc, rule, msg }] })

/** How a provider is reached, from what was sent: one protocol, and the one it has. Throws invalid-field. */
export async function readSettings({ oidc, saml }: Given, before?: Provider): Promise<Read | undefined> {
  if (oidc === undefined && saml === undefined) {
    if (before === undefined) throw wrong('body.oidc', 'one-of', 'Send oidc, or saml.')
    return undefined
  }
  if (oidc !== undefined && saml !== undefined)
    throw wrong('body.saml', 'one-of', 'Send oidc or saml, not both.')
  const kind = oidc === undefined ? 'saml' : 'oidc'
  if (before !== undefined && before.settings.kind !== kind)
    throw wrong(`body.${kind}`, 'fixed', 'A provider keeps its protocol; add another one.')
  if (oidc !== undefined) {
    const { issuer, client_id: clientId, scopes, client_secret: secret } = oidc
    return { settings: { kind: 'oidc', issuer, clientId, scopes }, secret }
  }
  return { settings: await readSaml(saml ?? {}), secret: undefined }
}

async function readSaml(fields: SamlFields): Promise<SamlSettings> {
  const address = fields.metadata === undefined ? entered(fields) : await imported(fields, fields.metadata)
  const isAddress = URL.canParse(address.ssoUrl) && /^https?:$/.test(new URL(address.ssoUrl).protocol)
  if (!isAddress) throw wrong('body.saml.sso_url', 'format-url', 'must be an http address')
  if (address.entityId === '') throw wrong('body.saml.entity_id', 'required', 'must not be empty')
  const { email_attribute: emailAttribute } = fields
  return {
    kind: 'saml',
    ...address,
    ...(emailAttribute === undefined ? {} : { emailAttribute }),
    ...(fields.sign_requests === true ? { signRequests: true as const } : {}),
  }
}

async function imported(fields: SamlFields, metadata: string): Promise<SamlAddress> {
  if (fields.entity_id ?? fields.sso_url ?? fields.certificates)
    throw wrong('body.saml.metadata', 'one-of', 'Send the metadata, or the fields it holds.')
  return readMetadata(metadata)
}

function entered({ entity_id: entityId, sso_url: ssoUrl, certificates }: SamlFields): SamlAddress {
  if (entityId === undefined) throw wrong('body.saml.entity_id', 'required', 'Send it, or the metadata.')
  if (ssoUrl === undefined) throw wrong('body.saml.sso_url', 'required', 'Send it, or the metadata.')
  if (certificates === undefined)
    throw wrong('body.saml.certificates', 'required', 'Send it, or the metadata.')
  const read = certificates.map((text, index) => readCertificate(text, `body.saml.certificates.${index}`))
  return { entityId, ssoUrl, certificates: read }
}
