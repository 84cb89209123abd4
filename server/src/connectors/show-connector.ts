import { administers, type Caller } from '../kernel/caller.ts'
import type { ConnectorAuth } from '../kernel/connector.ts'
import { can } from '../kernel/route.ts'
import { fingerprintOf } from './fingerprint-connector.ts'
import type { ConnectorRecord } from './store.ts'

/**
 * A connector as REST shows it. How it is reached is for those who may read connectors; people who only use it learn
 * what it is called, whether it works and which values of theirs it wants.
 */
export function showConnector(
  record: ConnectorRecord,
  caller: Pick<Caller, 'roles' | 'adminOf'>,
  publicUrl: URL,
) {
  const full = can(caller, 'connectors.read') || administers(caller, record.id)
  return {
    id: record.id,
    name: record.name,
    slug: record.slug,
    description: record.description,
    kind: record.kind,
    transport: record.transport,
    status: record.status,
    health: record.health.state,
    health_message: record.health.message ?? null,
    health_checked_at: record.health.checkedAt ?? null,
    mcp_url: new URL(`/api/v1/proxy/${record.id}/mcp`, publicUrl).href,
    personal_values: [...record.personalValues],
    url: full ? (record.url ?? null) : null,
    headers: full ? { ...record.headers } : {},
    command: full ? (record.command ?? null) : null,
    args: full ? [...record.args] : [],
    env: full ? { ...record.env } : {},
    references: full ? { ...record.secretRefs } : {},
    auth: showAuth(record.auth, full),
    protocol: record.protocol,
    tool_review: record.toolReview,
    skip_input_validation: record.skipInputValidation,
    tool_output_offloading: record.toolOutputOffloading,
    sensitive: record.sensitive,
    identity_forward: false,
    network: record.network,
    mounts: full ? record.mounts.map((mount) => ({ ...mount })) : [],
    package: full ? showPackage(record) : null,
    fingerprint: fingerprintOf(record),
    demo: record.demo,
    created_by: record.createdBy ?? null,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    revision: record.revision,
  }
}

function showAuth(auth: ConnectorAuth, full: boolean) {
  if (auth.type !== 'oauth' || !full) return { type: auth.type }
  return {
    type: auth.type,
    ...(auth.clientId === undefined ? {} : { client_id: auth.clientId }),
    ...(auth.scopes === undefined ? {} : { scopes: [...auth.scopes] }),
    ...(auth.issuer === undefined ? {} : { issuer: auth.issuer }),
    ...(auth.authorizationUrl === undefined ? {} : { authorization_url: auth.authorizationUrl }),
    ...(auth.tokenUrl === undefined ? {} : { token_url: auth.tokenUrl }),
    ...(auth.broker === undefined ? {} : { broker: auth.broker }),
    ...(auth.tokenAuth === undefined ? {} : { token_auth: auth.tokenAuth }),
    resource: auth.resource ?? 'send',
    credential: auth.credential ?? 'personal',
    flow: auth.flow ?? 'authorization_code',
  }
}

function showPackage(record: ConnectorRecord): { name: string; version: string; integrity: string } | null {
  if (record.pinned === undefined) return null
  const { name, version, integrity } = record.pinned
  return { name, version, integrity }
}
