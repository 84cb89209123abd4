import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import { beginRoutes, testRoutes } from './api-sign-in.ts'
import type { ProviderChange, ProviderDraft } from './change-providers.ts'
import type { Provider } from './provider.ts'
import type { Sso } from './sso.ts'

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
  shown: z.boolean().describe('The sign-in page has a button for it.'),
}
const NewProvider = z
  .strictObject({
    name,
    oidc: Oidc,
    domains: shared.domains.default([]),
    create_people: shared.create_people.default(true),
    link_by_email: shared.link_by_email.default(false),
    trust_email: shared.trust_email.default(false),
    shown: shared.shown.default(true),
  })
  .meta({ id: 'NewSsoProvider' })
const ProviderPatch = z
  .strictObject({
    name: name.optional(),
    oidc: Oidc.optional().describe('Without client_secret the one it has stays.'),
    domains: shared.domains.optional(),
    create_people: shared.create_people.optional(),
    link_by_email: shared.link_by_email.optional(),
    trust_email: shared.trust_email.optional(),
    shown: shared.shown.optional(),
    enforced: z
      .boolean()
      .optional()
      .describe('People of its domains sign in through it and in no other way. Needs a test that succeeded.'),
  })
  .meta({ id: 'SsoProviderChange' })
const ProviderDocument = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['oidc']),
    oidc: z
      .object({
        issuer: z.string(),
        client_id: z.string(),
        has_secret: z.boolean(),
        scopes: z.array(z.string()),
      })
      .nullable(),
    ...shared,
    enforced: z.boolean(),
    tested_at: z.string().nullable().describe('When a test sign-in last succeeded with these settings.'),
    redirect_uri: z.string().describe('What to enter at the provider.'),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'SsoProvider' })
const Params = z.object({ id: z.string() })
const tag = 'Single sign-on'
const base = '/api/v1/sso-providers'

type Parts = { sso: Sso }

export function ssoRoutes(parts: Parts): Route[] {
  return [
    ...readRoutes(parts),
    ...changeRoutes(parts),
    disconnectRoute(parts),
    ...testRoutes(parts),
    ...beginRoutes(parts),
  ]
}

function readRoutes({ sso }: Parts): Route[] {
  return [
    route({
      method: 'GET',
      path: base,
      operationId: 'listSsoProviders',
      summary: 'Identity providers people sign in at, oldest first; at most 50',
      tag,
      needs: 'sso.read',
      output: z.object({ data: z.array(ProviderDocument), next_cursor: z.null() }),
      status: 200,
      run: async () => ({
        data: (await sso.providers.list()).map((one) => show(sso, one)),
        next_cursor: null,
      }),
    }),
    route({
      method: 'GET',
      path: `${base}/{id}`,
      operationId: 'getSsoProvider',
      summary: 'One identity provider',
      tag,
      needs: 'sso.read',
      params: Params,
      output: ProviderDocument,
      status: 200,
      run: async (_context, { params }) => show(sso, await sso.providers.get(params.id)),
    }),
  ]
}

function changeRoutes({ sso }: Parts): Route[] {
  return [
    route({
      method: 'POST',
      path: base,
      operationId: 'createSsoProvider',
      summary: 'Adds an identity provider; nobody must use it until it is enforced',
      tag,
      needs: 'sso.write',
      audit: { action: 'sso_provider_created', resourceType: 'sso_provider' },
      body: NewProvider,
      output: ProviderDocument,
      status: 201,
      async run(context, { body }) {
        const after = show(sso, await sso.providers.create(draftOf(body)))
        context.record({ resourceId: after.id, after })
        return after
      },
    }),
    route({
      method: 'PATCH',
      path: `${base}/{id}`,
      operationId: 'updateSsoProvider',
      summary: 'Changes the given fields, or enforces a provider for its domains after a test that succeeded',
      tag,
      needs: 'sso.write',
      audit: { action: 'sso_provider_updated', resourceType: 'sso_provider' },
      params: Params,
      body: ProviderPatch,
      output: ProviderDocument,
      status: 200,
      async run(context, { params, body }) {
        const { before, after } = await sso.providers.update(params.id, changeOf(body))
        context.record({ before: show(sso, before), after: show(sso, after) })
        return show(sso, after)
      },
    }),
    route({
      method: 'DELETE',
      path: `${base}/{id}`,
      operationId: 'deleteSsoProvider',
      summary: 'Removes an identity provider; people keep their accounts and need another way to sign in',
      tag,
      needs: 'sso.write',
      audit: { action: 'sso_provider_deleted', resourceType: 'sso_provider' },
      params: Params,
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        context.record({ before: show(sso, await sso.providers.remove(params.id)) })
        return undefined
      },
    }),
  ]
}

function disconnectRoute({ sso }: Parts): Route {
  return route({
    method: 'DELETE',
    path: '/api/v1/users/{id}/sso-identities',
    operationId: 'deleteSsoIdentities',
    summary:
      'Forgets who a person is at every identity provider; their next sign-in is judged like a first one',
    tag,
    needs: 'sso.write',
    audit: { action: 'sso_identity_deleted', resourceType: 'user' },
    params: Params,
    output: z.undefined(),
    status: 204,
    async run(context, { params }) {
      const count = isUuid(params.id) ? await sso.disconnect(params.id as UserId) : 0
      if (count === 0)
        throw new GatewayError('not-found', 'Nobody with this id is connected with an identity provider.')
      context.record({ after: { disconnected: count } })
      return undefined
    },
  })
}

function settingsOf({ issuer: at, client_id: clientId, scopes }: z.output<typeof Oidc>) {
  return { kind: 'oidc', issuer: at, clientId, scopes } as const
}

function draftOf(body: z.output<typeof NewProvider>): ProviderDraft {
  return {
    name: body.name,
    settings: settingsOf(body.oidc),
    secret: body.oidc.client_secret ?? undefined,
    domains: [...new Set(body.domains)],
    createPeople: body.create_people,
    linkByEmail: body.link_by_email,
    trustEmail: body.trust_email,
    shown: body.shown,
  }
}

function changeOf(body: z.output<typeof ProviderPatch>): ProviderChange {
  const { name: called, oidc, domains, enforced } = body
  const change = {
    name: called,
    settings: oidc === undefined ? undefined : settingsOf(oidc),
    secret: oidc?.client_secret,
    domains: domains === undefined ? undefined : [...new Set(domains)],
    createPeople: body.create_people,
    linkByEmail: body.link_by_email,
    trustEmail: body.trust_email,
    shown: body.shown,
    enforced,
  }
  return Object.fromEntries(
    Object.entries(change).filter(([, value]) => value !== undefined),
  ) as ProviderChange
}

function show(sso: Pick<Sso, 'callbackUrl'>, provider: Provider) {
  const { settings } = provider
  return {
    id: provider.id,
    name: provider.name,
    kind: settings.kind,
    oidc: {
      issuer: settings.issuer,
      client_id: settings.clientId,
      has_secret: provider.hasSecret,
      scopes: [...settings.scopes],
    },
    domains: [...provider.domains],
    create_people: provider.createPeople,
    link_by_email: provider.linkByEmail,
    trust_email: provider.trustEmail,
    shown: provider.shown,
    enforced: provider.enforced,
    tested_at: provider.testedAt?.toISOString() ?? null,
    redirect_uri: sso.callbackUrl,
    created_at: provider.createdAt.toISOString(),
    updated_at: provider.updatedAt.toISOString(),
  }
}
