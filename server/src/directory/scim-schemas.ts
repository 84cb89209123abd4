import scimmy from 'scimmy'
import type { Json, JsonObject } from '../kernel/json.ts'

export const userUrn = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupUrn = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseUrn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const metaUrn = 'urn:ietf:params:scim:schemas:core:2.0'

/** The longest page, and what is given when nobody says how long. */
export const mostPerPage = 200

/** User with the enterprise extension. The library keeps its schemas once for the process, so this may be asked again. */
export function userSchema(): typeof scimmy.Schemas.User {
  const { User, EnterpriseUser } = scimmy.Schemas
  const isExtended = (User.definition.attributes as unknown[]).includes(EnterpriseUser.definition)
  if (!isExtended) User.extend(EnterpriseUser as never, false)
  return User
}

/** What the server can do (RFC 7643 §5), for whoever sets up a directory. */
export function providerConfig(base: string): JsonObject {
  const no = { supported: false }
  return {
    schemas: [`${metaUrn}:ServiceProviderConfig`],
    patch: { supported: true },
    bulk: { ...no, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: mostPerPage },
    changePassword: no,
    sort: no,
    etag: no,
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Provisioning token',
        description: 'A token made on the Directory page, sent as Authorization: Bearer.',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  }
}

export function resourceTypes(base: string): JsonObject[] {
  const type = (id: string, more: JsonObject): JsonObject => ({
    schemas: [`${metaUrn}:ResourceType`],
    id,
    name: id,
    endpoint: `/${id}s`,
    ...more,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${id}` },
  })
  return [
    type('User', { schema: userUrn, schemaExtensions: [{ schema: enterpriseUrn, required: false }] }),
    type('Group', { schema: groupUrn }),
  ]
}

export function schemas(base: string): JsonObject[] {
  const { EnterpriseUser, Group } = scimmy.Schemas
  return [scimmy.Schemas.User, EnterpriseUser, Group].map(({ definition }) => {
    const described = JSON.parse(JSON.stringify(definition.describe(`${base}/Schemas`))) as JsonObject
    return described
  })
}

/** RFC 7644 §3.4.2. */
export function listOf(resources: readonly Json[], o: { total: number; startIndex: number }): JsonObject {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: o.total,
    startIndex: o.startIndex,
    itemsPerPage: resources.length,
    Resources: [...resources],
  }
}
