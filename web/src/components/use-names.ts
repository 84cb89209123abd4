import { useQuery } from '@tanstack/react-query'
import * as queries from '../api/queries.ts'
import type { Policy, Principals } from '../api/shapes.ts'

export const roleNames: Record<string, string> = {
  super_admin: 'Super Admin',
  security_admin: 'Security Admin',
  it_admin: 'IT Admin',
  analytics_admin: 'Analytics Admin',
  developer: 'Developer',
  helpdesk: 'Helpdesk',
  user: 'User',
}

export type Names = {
  user(id: string): string
  group(id: string): string
  server(id: string): string
  principals(principals: Principals): string[]
  scope(scope: Policy['scope']): string
}

/** Ids as names. Whoever may not read people sees ids, shortened. */
export function useNames(): Names {
  const enabled = useQuery(queries.me()).data?.capabilities.includes('people.read') === true
  const users = useQuery({ ...queries.people(), enabled }).data?.data ?? []
  const groups = useQuery({ ...queries.groups(), enabled }).data?.data ?? []
  const readsAgents = useQuery(queries.me()).data?.capabilities.includes('agent_accounts.read') === true
  const agents = useQuery({ ...queries.agents(), enabled: readsAgents }).data?.data ?? []
  const servers = useQuery(queries.servers()).data?.data ?? []
  const short = (id: string) => `${id.slice(0, 8)}…`
  const user = (id: string) => {
    const found = users.find((row) => row.id === id)
    return found === undefined ? short(id) : found.name || found.email
  }
  const group = (id: string) => groups.find((row) => row.id === id)?.name ?? short(id)
  const server = (id: string) => servers.find((row) => row.id === id)?.name ?? short(id)
  return {
    user,
    group,
    server,
    principals: ({ type, ids = [], attributes = {} }) => {
      if (type === 'everyone') return ['Everyone']
      if (type === 'attributes')
        return [
          Object.entries(attributes)
            .map(([name, values]) => `${name} ${values.join(' or ')}`)
            .join(' and '),
        ]
      if (type === 'user') return ids.map(user)
      if (type === 'group') return ids.map(group)
      if (type === 'agent_account')
        return ids.map((id) => agents.find((row) => row.id === id)?.name ?? short(id))
      return ids.map((id) => roleNames[id] ?? id)
    },
    scope: ({ servers: ids }) => (ids === '*' ? 'every connector' : ids.map(server).join(', ')),
  }
}
