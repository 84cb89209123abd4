import { z } from 'zod'
import type { GroupId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import { identityRoutes } from './api-identities.ts'
import { beginRoutes, testRoutes } from './api-sign-in.ts'
import type { ProviderChange, ProviderDraft } from './change-providers.ts'
import type { Mapping, Provider } from './provider.ts'
import { NewProvider, ProviderDocument, ProviderPatch } from './provider-schemas.ts'
import { readSettings } from './read-settings.ts'
import { showProvider } from './show-provider.ts'
import type { Sso } from './sso.ts'

const Params = z.object({ id: z.string() })
const tag = 'Single sign-on'
const base = '/api/v1/sso-providers'

type Parts = { sso: Sso }

export function ssoRoutes(parts: Parts): Route[] {
  return [
    ...readRoutes(parts),
    ...changeRoutes(parts),
    ...identityRoutes(parts),
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
        data: (await sso.providers.list()).map((one) => showProvider(sso, one)),
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
      run: async (_context, { params }) => showProvider(sso, await sso.providers.get(params.id)),
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
        const after = showProvider(sso, await sso.providers.create(await draftOf(body)))
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
        const known = await sso.providers.get(params.id)
        const { before, after } = await sso.providers.update(params.id, await changeOf(body, known))
        context.record({ before: showProvider(sso, before), after: showProvider(sso, after) })
        return showProvider(sso, after)
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
        context.record({ before: showProvider(sso, await sso.providers.remove(params.id)) })
        return undefined
      },
    }),
  ]
}

function mappingOf({ groups, attributes }: z.output<typeof NewProvider>['mapping']): Mapping {
  if (groups === null) return { groups, attributes }
  const rows = groups.rows.map((row) => ({ value: row.value, groupId: row.group_id as GroupId }))
  return { groups: { claim: groups.claim, byName: groups.by_name, rows }, attributes }
}

async function draftOf(body: z.output<typeof NewProvider>): Promise<ProviderDraft> {
  const read = await readSettings(body)
  if (read === undefined) throw new Error('settings of a new provider are always read')
  return {
    name: body.name,
    settings: read.settings,
    secret: read.secret ?? undefined,
    domains: [...new Set(body.domains)],
    createPeople: body.create_people,
    linkByEmail: body.link_by_email,
    trustEmail: body.trust_email,
    keepsSignIn: body.keep_sign_in,
    shown: body.shown,
    mapping: mappingOf(body.mapping),
  }
}

async function changeOf(body: z.output<typeof ProviderPatch>, known: Provider): Promise<ProviderChange> {
  const read = await readSettings(body, known)
  const change = {
    name: body.name,
    settings: read?.settings,
    secret: read?.secret,
    domains: body.domains === undefined ? undefined : [...new Set(body.domains)],
    createPeople: body.create_people,
    linkByEmail: body.link_by_email,
    trustEmail: body.trust_email,
    keepsSignIn: body.keep_sign_in,
    shown: body.shown,
    mapping: body.mapping === undefined ? undefined : mappingOf(body.mapping),
    enforced: body.enforced,
  }
  return Object.fromEntries(
    Object.entries(change).filter(([, value]) => value !== undefined),
  ) as ProviderChange
}
