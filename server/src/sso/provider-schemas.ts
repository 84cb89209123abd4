import { z } from 'zod'
import { attributeName, mostAttributes } from '../kernel/attributes.ts'

// What REST takes and shows of identity providers.

const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}*$/u, 'must have no control characters')
const domain = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, 'must be a domain such as example.com')
const issuer = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine((text) => !/\/\.well-known\/|[?#]/.test(text), 'must be the issuer itself, not its metadata')
const Oidc = z
  .strictObject({
    issuer: issuer.describe('Exactly as the provider’s metadata names it.'),
    client_id: z.string().trim().min(1).max(500),
    client_secret: z
      .string()
      .min(1)
      .max(1000)
      .nullable()
      .optional()
      .describe('Never shown again. null: a public client, protected by PKCE alone.'),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/))
      .min(1)
      .max(20)
      .refine((scopes) => scopes.includes('openid'), 'must hold openid')
      .default(['openid', 'email', 'profile']),
  })
  .meta({ id: 'OidcSettings' })
const pem = z.string().max(20_000)
const Saml = z
  .strictObject({
    metadata: z
      .string()
      .max(500_000)
      .optional()
      .describe('XML of the provider, instead of the three fields that follow.'),
    entity_id: z.string().trim().min(1).max(500).optional(),
    sso_url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional()
      .describe('For requests by HTTP-Redirect.'),
    certificates: z.array(pem).min(1).max(10).optional().describe('PEM. Any of them may have signed.'),
    email_attribute: z.string().trim().min(1).max(500).optional().describe('By default the usual names.'),
    sign_requests: z
      .boolean()
      .default(false)
      .describe('Our requests are signed; the provider must know our certificate.'),
  })
  .meta({ id: 'SamlSettings' })
const claim = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, 'must have no control characters')
const MappingFields = z
  .strictObject({
    groups: z
      .strictObject({
        claim: claim.describe(
          'Of OpenID Connect a claim, or a path such as realm_access.roles; of SAML an attribute.',
        ),
        by_name: z.boolean().describe('A value that is the name of a group here leads to it.'),
        rows: z
          .array(z.strictObject({ value: z.string().trim().min(1).max(500), group_id: z.uuid() }))
          .max(500)
          .describe('Values, compared exactly, and the groups they lead to.'),
      })
      .nullable(),
    attributes: z
      .array(
        z.strictObject({
          claim,
          attribute: z
            .string()
            .regex(attributeName, 'must begin with a letter and have letters, digits, _ and - only'),
        }),
      )
      .max(mostAttributes.names)
      .refine(
        (rows) => new Set(rows.map(({ attribute }) => attribute)).size === rows.length,
        'must name each attribute once',
      ),
  })
  .describe(
    'What the provider says at each sign-in and what it becomes: groups and attributes, never roles. What it says no more ends.',
  )
  .meta({ id: 'SsoMapping' })
const shared = {
  domains: z
    .array(domain)
    .max(100)
    .describe(
      'People with an email of these sign in through this provider; nobody else is created or connected.',
    ),
  create_people: z.boolean().describe('Somebody without an account gets one, with the role user.'),
  link_by_email: z.boolean().describe('An existing account with the same email is connected.'),
  trust_email: z
    .boolean()
    .describe('Emails count though the provider does not say whether it verified them (Entra ID).'),
  keep_sign_in: z
    .boolean()
    .describe(
      'Of OpenID Connect: what it gives at sign-ins is kept sealed, so that it can vouch for its people at upstreams (ID-JAG).',
    ),
  shown: z.boolean().describe('The sign-in page has a button for it.'),
  mapping: MappingFields,
}
export const NewProvider = z
  .strictObject({
    name,
    oidc: Oidc.optional(),
    saml: Saml.optional().describe('Instead of oidc.'),
    domains: shared.domains.default([]),
    create_people: shared.create_people.default(true),
    link_by_email: shared.link_by_email.default(false),
    trust_email: shared.trust_email.default(false),
    keep_sign_in: shared.keep_sign_in.default(false),
    shown: shared.shown.default(true),
    mapping: shared.mapping.default({ groups: null, attributes: [] }),
  })
  .meta({ id: 'NewSsoProvider' })
export const ProviderPatch = z
  .strictObject({
    name: name.optional(),
    oidc: Oidc.optional().describe('Without client_secret the one it has stays.'),
    saml: Saml.optional(),
    domains: shared.domains.optional(),
    create_people: shared.create_people.optional(),
    link_by_email: shared.link_by_email.optional(),
    trust_email: shared.trust_email.optional(),
    keep_sign_in: shared.keep_sign_in.optional(),
    shown: shared.shown.optional(),
    mapping: shared.mapping.optional(),
    enforced: z
      .boolean()
      .optional()
      .describe('People of its domains sign in through it and in no other way. Needs a test that succeeded.'),
  })
  .meta({ id: 'SsoProviderChange' })
export const ProviderDocument = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['oidc', 'saml']),
    oidc: z
      .object({
        issuer: z.string(),
        client_id: z.string(),
        has_secret: z.boolean(),
        scopes: z.array(z.string()),
      })
      .nullable(),
    saml: z
      .object({
        entity_id: z.string(),
        sso_url: z.string(),
        certificates: z.array(z.object({ pem: z.string(), expires_at: z.string() })),
        email_attribute: z.string().nullable(),
        sign_requests: z.boolean(),
        own_certificate: z
          .object({ pem: z.string(), expires_at: z.string() })
          .nullable()
          .describe('What assertions are encrypted with and our requests are checked by; in the metadata.'),
      })
      .nullable(),
    ...shared,
    enforced: z.boolean(),
    tested_at: z.string().nullable().describe('When a test sign-in last succeeded with these settings.'),
    service_provider: z
      .object({
        redirect_uri: z.string(),
        entity_id: z.string(),
        acs_url: z.string(),
        metadata_url: z.string(),
      })
      .describe('What to enter at the provider: for OpenID Connect the redirect URI, for SAML the rest.'),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'SsoProvider' })
