import type { Principal } from '../kernel/caller.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import { invalid } from './change-rule.ts'

type Named = { user_id?: string | undefined; agent_account_id?: string | undefined }
export type Subjects = {
  principal(id: UserId): Promise<Principal | undefined>
  agent(id: string): Promise<Principal | undefined>
}

/** Whom a simulation is about: a person, an agent account, or with both named the agent while it acts for the person. */
export async function findSubject(named: Named, parts: Subjects): Promise<Principal> {
  const { user_id: userId, agent_account_id: agentId } = named
  if (agentId === undefined) return personOf(userId, parts)
  const agent = await parts.agent(agentId)
  if (agent === undefined) throw invalid('body.agent_account_id', 'exists', 'There is no such agent account.')
  if (userId === undefined) return agent
  const person = await personOf(userId, parts)
  return { ...agent, acting: { agent, person, servers: undefined, lent: [] } }
}

async function personOf(id: string | undefined, { principal }: Subjects): Promise<Principal> {
  if (id === undefined)
    throw invalid('body.user_id', 'required', 'Name the person or the agent account to judge for.')
  const person = isUuid(id) ? await principal(id as UserId) : undefined
  if (person === undefined) throw invalid('body.user_id', 'exists', 'There is no such person.')
  return person
}
