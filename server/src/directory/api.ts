import { z } from 'zod'
import { type Route, route } from '../kernel/route.ts'
import type { Directory } from './directory.ts'
import type { ProvisioningToken } from './keep-tokens.ts'

const tokenFields = {
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('How the secret begins.'),
  created_by: z.string().nullable(),
  created_at: z.string(),
  last_used_at: z.string().nullable().describe('Up to a minute late.'),
  last_used_ip: z.string().nullable(),
  last_change: z.string().nullable().describe('What the directory changed last, in words.'),
  last_change_at: z.string().nullable(),
  last_error: z.string().nullable().describe('Why its last refused change was refused.'),
  last_error_at: z.string().nullable(),
}
const TokenDocument = z.object(tokenFields).meta({ id: 'ProvisioningToken' })
const TokenWithSecret = z
  .object({ ...tokenFields, secret: z.string().describe('Shown this once.') })
  .meta({ id: 'ProvisioningTokenWithSecret' })
const NewToken = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .regex(/^\P{Cc}*$/u, 'must have no control characters'),
  })
  .meta({ id: 'NewProvisioningToken' })
const DirectoryDocument = z
  .object({
    scim_url: z.string(),
    people: z.int().describe('Whom a directory keeps in step.'),
    groups: z.int(),
  })
  .meta({ id: 'Directory' })

function show(token: ProvisioningToken) {
  return {
    id: token.id,
    name: token.name,
    prefix: token.prefix,
    created_by: token.createdBy,
    created_at: token.createdAt.toISOString(),
    last_used_at: token.lastUsedAt?.toISOString() ?? null,
    last_used_ip: token.lastUsedIp,
    last_change: token.lastChange,
    last_change_at: token.lastChangeAt?.toISOString() ?? null,
    last_error: token.lastError,
    last_error_at: token.lastErrorAt?.toISOString() ?? null,
  }
}

type Parts = { directory: Pick<Directory, 'tokens' | 'counts'>; config: { publicUrl: URL } }

export function directoryRoutes({ directory, config }: Parts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/directory',
      operationId: 'getDirectory',
      summary: 'How people and groups come from a directory, and where it connects',
      tag: 'Directory',
      needs: 'directory.read',
      output: DirectoryDocument,
      status: 200,
      run: async () => ({
        scim_url: `${config.publicUrl.href.replace(/\/+$/, '')}/scim/v2`,
        ...(await directory.counts()),
      }),
    }),
    ...tokenRoutes(directory),
  ]
}

function tokenRoutes({ tokens }: Parts['directory']): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/directory/tokens',
      operationId: 'listProvisioningTokens',
      summary: 'Tokens with which a directory changes people and groups by SCIM',
      tag: 'Directory',
      needs: 'directory.read',
      output: z.object({ data: z.array(TokenDocument), next_cursor: z.string().nullable() }),
      status: 200,
      run: async () => ({ data: (await tokens.list()).map(show), next_cursor: null }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/directory/tokens',
      operationId: 'createProvisioningToken',
      summary: 'A token for a directory; it opens SCIM and nothing else',
      tag: 'Directory',
      needs: 'directory.write',
      audit: { action: 'provisioning_token_created', resourceType: 'provisioning_token' },
      body: NewToken,
      output: TokenWithSecret,
      status: 201,
      async run(context, { body }) {
        const { token, secret } = await tokens.create(body.name, context.caller.id)
        context.record({ resourceId: token.id, after: show(token) })
        return { ...show(token), secret }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/directory/tokens/{id}',
      operationId: 'revokeProvisioningToken',
      summary: 'Ends a token from the next request on',
      tag: 'Directory',
      needs: 'directory.write',
      audit: { action: 'provisioning_token_revoked', resourceType: 'provisioning_token' },
      params: z.object({ id: z.string() }),
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        const token = await tokens.revoke(params.id)
        context.record({ resourceId: token.id, before: show(token) })
        return undefined
      },
    }),
  ]
}
