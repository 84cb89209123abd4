import { administers, type Caller } from './caller.ts'
import { GatewayError } from './errors.ts'
import { can, type Route } from './route.ts'

/** What a key that belongs to nobody is for. `enrollment` is a kind of its own and is treated like a role. */
export const organizationRoles = ['deploy', 'detect_scan', 'security_scan', 'management'] as const
export type OrganizationRole = (typeof organizationRoles)[number]
export type KeyRole = OrganizationRole | 'enrollment'

/**
 * The operations each kind of key opens, by operation id; everything else is refused. A management key also opens what
 * its platform role has the capability for. Nothing here may concern a person's own things.
 */
export const keyOperations: Readonly<Record<KeyRole, readonly string[]>> = {
  deploy: [],
  detect_scan: [],
  enrollment: [],
  security_scan: ['scanContent', 'scanContents'],
  management: [
    'exportAuditLogs',
    'getAuditLog',
    'getServer',
    'getStatus',
    'listAuditLogs',
    'listRoles',
    'listServers',
    'listServerTools',
    'scanContent',
    'scanContents',
  ],
}

/** With these a key would make itself a person, or let one in, whatever its role; they are for people alone. */
const peopleOnly: readonly string[] = [
  'createSignInLink',
  'createInvitation',
  'createProvisioningToken',
  'createSsoProvider',
  'updateSsoProvider',
  'beginSsoTest',
  'completeSsoTest',
  'createTrustedIssuer',
]

/** What an administrator of one connector may do with it: everything but making, deleting and handing it on. */
export const serverAdminOperations: readonly string[] = [
  'getServer',
  'updateServer',
  'refreshServer',
  'getServerLog',
  'listServerTools',
  'listToolVersions',
  'reviewServerTool',
  'proposePackageUpdate',
  'acceptPackageUpdate',
  'getServerGuardSettings',
]

/**
 * Throws not-allowed unless the caller's roles, the kind of their key, or their say over the one connector `serverId`
 * carry what the operation needs.
 */
export function checkCapability(
  route: Pick<Route, 'needs' | 'operationId'>,
  caller: Caller,
  serverId?: string,
): void {
  const { needs, operationId } = route
  if (needs === 'public') return
  if (caller.proof.kind === 'organization_key') {
    checkKey(route, caller, caller.proof.role)
    return
  }
  if (needs === 'anyone' || can(caller, needs)) return
  if (serverId !== undefined && serverAdminOperations.includes(operationId) && administers(caller, serverId))
    return
  throw new GatewayError('not-allowed', `${operationId} needs the capability ${needs}.`)
}

function checkKey(
  { needs, operationId }: Pick<Route, 'needs' | 'operationId'>,
  caller: Caller,
  role: KeyRole,
) {
  if (keyOperations[role].includes(operationId)) return
  const isManaging = role === 'management' && needs !== 'anyone' && needs !== 'public'
  if (isManaging && !peopleOnly.includes(operationId) && can(caller, needs)) return
  throw new GatewayError(
    'not-allowed',
    isManaging
      ? `${operationId} is not open to this management key, whose role is ${caller.roles.join(', ')}.`
      : `${operationId} is not open to a key of the role ${role}.`,
  )
}
