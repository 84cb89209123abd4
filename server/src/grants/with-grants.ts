import type { Credentials } from '../credentials/credentials.ts'
import type { Credential } from '../kernel/call.ts'
import type { Grants } from './grants.ts'

/** Credentials that also carry the access token of connectors that are signed in to by OAuth. */
export function withGrants(credentials: Credentials, grants: Grants): Credentials {
  return {
    ...credentials,
    attach(connector, userId) {
      const base = credentials.attach(connector, userId)
      if (!grants.governs(connector)) return base
      if (!(base instanceof Promise)) return grants.attach(connector, userId, base)
      return base.then((opened): Credential | Promise<Credential> => grants.attach(connector, userId, opened))
    },
    async lacks(connector, userId) {
      if (await credentials.lacks(connector, userId)) return true
      return grants.governs(connector) && (await grants.lacks(connector, userId))
    },
    async awaits(connector, userId) {
      if (await this.lacks(connector, userId)) return true
      return grants.governs(connector) && (await grants.wantsMore(connector, userId))
    },
    async connection(connector, userId) {
      const base = await credentials.connection(connector, userId)
      if (!grants.governs(connector)) return base
      const { serverId: _serverId, ...signIn } = await grants.state(connector, userId)
      const state = base.state === 'needs_values' ? base.state : signIn.state
      return { ...base, state, signIn }
    },
    async disconnect(connector, userId) {
      if (connector.personalValues.length > 0) await credentials.disconnect(connector, userId)
      if (grants.governs(connector)) await grants.disconnect(connector, userId)
      return this.connection(connector, userId)
    },
  }
}
