import type { ServerId } from '../kernel/ids.ts'
import type { Route } from '../kernel/route.ts'
import type { Mail } from '../mail/mail.ts'
import { groupRoutes } from './api-groups.ts'
import { keyRoutes } from './api-keys.ts'
import { linkRoutes } from './api-links.ts'
import { noticeRoutes } from './api-notices.ts'
import { rolesRoute } from './api-roles.ts'
import { serverAdminRoutes } from './api-server-admins.ts'
import { sessionRoutes } from './api-sessions.ts'
import { userChangeRoutes } from './api-user-changes.ts'
import { meRoute, userRoutes } from './api-users.ts'
import type { Identity } from './identity.ts'
import type { OffBoarding } from './off-board.ts'

export type IdentityRoutesParts = {
  identity: Omit<Identity, 'authenticate'>
  now: () => number
  offBoarding: OffBoarding
  mail: Pick<Mail, 'send'>
  serverExists(id: ServerId): boolean
}

export function identityRoutes(parts: IdentityRoutesParts): Route[] {
  const { identity } = parts
  return [
    meRoute(identity),
    ...userRoutes(identity),
    ...userChangeRoutes(parts),
    ...serverAdminRoutes(parts),
    ...linkRoutes(parts),
    ...groupRoutes(identity.groups),
    ...keyRoutes(parts),
    ...sessionRoutes(parts),
    ...noticeRoutes(parts),
    rolesRoute(),
  ]
}
