import { X509Certificate } from 'node:crypto'
import type { Mapping, Provider, SamlSettings } from './provider.ts'
import type { Sso } from './sso.ts'

/** A provider as REST shows it: all but its secret. */
export function showProvider({ own }: Pick<Sso, 'own'>, provider: Provider) {
  const { settings } = provider
  return {
    id: provider.id,
    name: provider.name,
    kind: settings.kind,
    oidc:
      settings.kind === 'oidc'
        ? {
            issuer: settings.issuer,
            client_id: settings.clientId,
            has_secret: provider.hasSecret,
            scopes: [...settings.scopes],
          }
        : null,
    saml: settings.kind === 'saml' ? showSaml(settings, provider.ownCertificate) : null,
    domains: [...provider.domains],
    create_people: provider.createPeople,
    link_by_email: provider.linkByEmail,
    trust_email: provider.trustEmail,
    keep_sign_in: provider.keepsSignIn,
    shown: provider.shown,
    mapping: showMapping(provider.mapping),
    enforced: provider.enforced,
    tested_at: provider.testedAt?.toISOString() ?? null,
    service_provider: {
      redirect_uri: own.callbackUrl,
      entity_id: own.entityId,
      acs_url: own.acsUrl,
      metadata_url: settings.kind === 'saml' ? `${own.entityId}?provider=${provider.id}` : own.entityId,
    },
    created_at: provider.createdAt.toISOString(),
    updated_at: provider.updatedAt.toISOString(),
  }
}

function showMapping({ groups, attributes }: Mapping) {
  return {
    groups:
      groups === null
        ? null
        : {
            claim: groups.claim,
            by_name: groups.byName,
            rows: groups.rows.map(({ value, groupId }) => ({ value, group_id: groupId as string })),
          },
    attributes: attributes.map((one) => ({ ...one })),
  }
}

function showSaml(settings: SamlSettings, own: string | undefined) {
  const { entityId, ssoUrl, certificates, emailAttribute, signRequests } = settings
  return {
    entity_id: entityId,
    sso_url: ssoUrl,
    certificates: certificates.map(showCertificate),
    email_attribute: emailAttribute ?? null,
    sign_requests: signRequests === true,
    own_certificate: own === undefined ? null : showCertificate(own),
  }
}

function showCertificate(pem: string) {
  return { pem, expires_at: new Date(new X509Certificate(pem).validTo).toISOString() }
}
