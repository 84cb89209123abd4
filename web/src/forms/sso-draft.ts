import type { SsoProvider } from '../api/shapes.ts'
import { type MappingDraft, mappingDraftOf, mappingOf } from './sso-mapping-draft.ts'

/** What the form shows, as the screen has it. */
export type SsoDraft = MappingDraft & {
  name: string
  kind: SsoProvider['kind']
  /** Of SAML: the provider's metadata, or what it holds. */
  entry: 'metadata' | 'fields'
  metadata: string
  entityId: string
  ssoUrl: string
  certificates: string
  emailAttribute: string
  signRequests: boolean
  issuer: string
  clientId: string
  secret: string
  scopes: string
  domains: string
  createPeople: boolean
  linkByEmail: boolean
  trustEmail: boolean
  keepSignIn: boolean
  shown: boolean
}

export function draftOf(provider: SsoProvider | undefined): SsoDraft {
  return {
    name: provider?.name ?? '',
    kind: provider?.kind ?? 'oidc',
    ...samlOf(provider?.saml ?? undefined),
    issuer: provider?.oidc?.issuer ?? '',
    clientId: provider?.oidc?.client_id ?? '',
    secret: '',
    scopes: provider?.oidc?.scopes.join(' ') ?? 'openid email profile',
    domains: provider?.domains.join(', ') ?? '',
    createPeople: provider?.create_people ?? true,
    linkByEmail: provider?.link_by_email ?? false,
    trustEmail: provider?.trust_email ?? false,
    keepSignIn: provider?.keep_sign_in ?? false,
    shown: provider?.shown ?? true,
    ...mappingDraftOf(provider?.mapping),
  }
}

function samlOf(saml: NonNullable<SsoProvider['saml']> | undefined) {
  return {
    entry: saml === undefined ? ('metadata' as const) : ('fields' as const),
    metadata: '',
    entityId: saml?.entity_id ?? '',
    ssoUrl: saml?.sso_url ?? '',
    certificates: saml?.certificates.map(({ pem }) => pem.trim()).join('\n') ?? '',
    emailAttribute: saml?.email_attribute ?? '',
    signRequests: saml?.sign_requests ?? false,
  }
}

const words = (text: string) => text.split(/[\s,;]+/).filter((word) => word !== '')

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

function reachOf(draft: SsoDraft) {
  if (draft.kind === 'oidc')
    return {
      oidc: {
        issuer: draft.issuer.trim(),
        client_id: draft.clientId.trim(),
        scopes: words(draft.scopes),
        ...(draft.secret === '' ? {} : { client_secret: draft.secret }),
      },
    }
  const email = draft.emailAttribute.trim()
  const more = {
    sign_requests: draft.signRequests,
    ...(email === '' ? {} : { email_attribute: email }),
  }
  if (draft.entry === 'metadata') return { saml: { metadata: draft.metadata, ...more } }
  const found = draft.certificates.match(certificate) ?? []
  return {
    saml: {
      entity_id: draft.entityId.trim(),
      sso_url: draft.ssoUrl.trim(),
      certificates: found.length > 0 ? [...found] : [draft.certificates],
      ...more,
    },
  }
}

export function bodyOf(draft: SsoDraft) {
  return {
    name: draft.name.trim(),
    ...reachOf(draft),
    domains: words(draft.domains),
    create_people: draft.createPeople,
    link_by_email: draft.linkByEmail,
    trust_email: draft.trustEmail,
    keep_sign_in: draft.keepSignIn,
    shown: draft.shown,
    mapping: mappingOf(draft),
  }
}

export function missingOf(draft: SsoDraft): string | undefined {
  if (draft.name.trim() === '') return 'Give it a name first'
  if (draft.kind === 'oidc') {
    if (draft.issuer.trim() === '') return 'Enter the issuer first'
    return draft.clientId.trim() === '' ? 'Enter the client id first' : undefined
  }
  if (draft.entry === 'metadata') return draft.metadata.trim() === '' ? 'Paste the metadata first' : undefined
  const isWhole = [draft.entityId, draft.ssoUrl, draft.certificates].every((text) => text.trim() !== '')
  return isWhole ? undefined : 'Enter entity id, address and certificate first'
}
