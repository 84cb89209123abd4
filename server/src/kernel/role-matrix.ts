import { type Role, roles } from './caller.ts'
import { type Capability, can, capabilities } from './route.ts'

/** What each role is for, in words. */
export const roleWords: Readonly<Record<Role, { title: string; description: string }>> = {
  super_admin: { title: 'Super Admin', description: 'Everything.' },
  security_admin: {
    title: 'Security Admin',
    description: 'Policies, guards, audit with bodies, and who may sign in where.',
  },
  it_admin: { title: 'IT Admin', description: 'Connectors, people, groups and keys, and policies.' },
  analytics_admin: { title: 'Analytics Admin', description: 'Metrics of the organization, audit, export.' },
  developer: { title: 'Developer', description: 'Deploys servers and reads what connectors there are.' },
  helpdesk: { title: 'Helpdesk', description: 'Reads people, policies, requests and audit.' },
  user: { title: 'User', description: 'Uses what policies allow, and sees what is their own.' },
}

/**
 * Roles nobody holds together: who watches over the installation is not who builds or runs what is watched. A Super
 * Admin stands above that, and is the reason to have few of them.
 */
export const forbiddenPairs: readonly (readonly [Role, Role])[] = [
  ['security_admin', 'it_admin'],
  ['security_admin', 'developer'],
]

/** The first two of the roles that nobody may hold together. */
export function forbiddenPair(held: readonly Role[]): readonly [Role, Role] | undefined {
  return forbiddenPairs.find(([one, other]) => held.includes(one) && held.includes(other))
}

/** The matrix as it is enforced: read from the same table as every permission check. */
export function roleMatrix() {
  const names = Object.keys(capabilities) as Capability[]
  return roles.map((role) => ({
    role,
    ...roleWords[role],
    capabilities: names.filter((capability) => can({ roles: [role] }, capability)),
    not_with: forbiddenPairs.flatMap(([one, other]) =>
      one === role ? [other] : other === role ? [one] : [],
    ),
  }))
}
