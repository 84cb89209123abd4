import type { Provider } from 'oidc-provider'
import type { Caller } from '../kernel/caller.ts'
import { newId } from '../kernel/ids.ts'
import type { ConnectionStore } from './connection-store.ts'
import type { Records } from './keep-records.ts'
import { apiScope, audienceOf, mcpScope, scopeOf } from './name-resource.ts'

/** Sign-ins of one client a person keeps at once, such as on several machines; the oldest goes. */
const maxGrants = 20

export type GrantParts = {
  provider: Provider
  connections: ConnectionStore
  records: Records
  base: string
  now: () => number
}

/** What a person agreed to. */
export type Agreement = {
  client: { id: string; name: string; hash: string }
  redirectUri: string
  resources: readonly string[]
  scopes: readonly string[]
}

/** Makes the grant that codes and tokens live by, and remembers the client as connected. Answers the grant's id. */
export async function makeGrant(
  parts: GrantParts,
  caller: Pick<Caller, 'id'>,
  agreed: Agreement,
): Promise<string> {
  const { provider, connections, records, base } = parts
  const { client, redirectUri, resources } = agreed
  const grant = new provider.Grant({ accountId: caller.id, clientId: client.id })
  const open = agreed.scopes.filter((scope) => scope !== mcpScope && scope !== apiScope)
  if (open.length > 0) grant.addOIDCScope(open.join(' '))
  const audiences = resources.map((each) => audienceOf(each, base) ?? each)
  for (const [index, resource] of resources.entries())
    grant.addResourceScope(resource, scopeOf(audiences[index] ?? '', base))
  const grantId = await grant.save()
  const { dropped } = await connections.connect(
    {
      id: newId(parts.now()),
      userId: caller.id,
      clientId: client.id,
      clientHash: records.nameOf('Client', client.id),
      clientName: client.name,
      redirectUri,
      documentHash: client.hash,
    },
    {
      id: records.nameOf('Grant', grantId),
      resource: [...new Set(audiences)].join(' '),
      at: new Date(parts.now()),
      most: maxGrants,
    },
  )
  for (const name of dropped) await records.endGrant(name)
  return grantId
}
