import { useQuery } from '@tanstack/react-query'
import * as queries from '../api/queries.ts'
import type { Principals, User } from '../api/shapes.ts'

/** The active people a rule speaks of; undefined while nobody is named or people may not be read. */
export function useAffected(principals: Principals): User[] | undefined {
  const users = useQuery(queries.people()).data?.data
  const groups = useQuery(queries.groups()).data?.data ?? []
  const ids = principals.ids ?? []
  if (principals.type === 'agent_account') return []
  const wanted = Object.entries(principals.attributes ?? {})
  const isNamed = principals.type === 'everyone' || ids.length > 0 || wanted.length > 0
  if (users === undefined || !isNamed) return undefined
  const active = users.filter((user) => user.status === 'active')
  if (principals.type === 'everyone') return active
  if (principals.type === 'user') return active.filter((user) => ids.includes(user.id))
  if (principals.type === 'attributes')
    return active.filter((user) =>
      wanted.every(([name, values]) => user.attributes[name]?.some((value) => values.includes(value))),
    )
  if (principals.type === 'role')
    return active.filter((user) => user.roles.some((role) => ids.includes(role)))
  const members = new Set(
    groups
      .filter((group) => ids.includes(group.id))
      .flatMap((group) => [...group.member_ids, ...group.sso_member_ids]),
  )
  return active.filter((user) => members.has(user.id))
}
