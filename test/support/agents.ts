import { expect } from 'vitest'
import { baseOf } from './oauth-client.ts'
import type { RunningServer } from './server.ts'
import type { Made, Person } from './world.ts'

export type Agent = { id: string; client_id: string; secret: string }
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

export const addAgent = (server: RunningServer, more: object = {}) =>
  server.api<Agent>('POST', '/api/v1/agent-accounts', { name: 'bot', ...more })

/** As a client names one resource of this server. */
export const resourceOf = (made: Made) => made.url.href.replace('127.0.0.1', 'localhost')

export function askAs(server: RunningServer, agent: Agent, form: Record<string, string>): Promise<Response> {
  return fetch(`${baseOf(server)}/api/v1/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: agent.client_id, client_secret: agent.secret, ...form }),
  })
}

async function tokenIn(answer: Response): Promise<string> {
  const text = await answer.text()
  expect([answer.status, text]).toEqual([200, expect.any(String)])
  return (JSON.parse(text) as { access_token: string }).access_token
}

/** The agent's own token. */
export async function agentToken(
  server: RunningServer,
  agent: Agent,
  more: Record<string, string> = {},
): Promise<string> {
  return tokenIn(await askAs(server, agent, { grant_type: 'client_credentials', ...more }))
}

export async function exchangeForm(server: RunningServer, agent: Agent, more: Record<string, string>) {
  return {
    grant_type: exchangeGrant,
    actor_token: await agentToken(server, agent),
    actor_token_type: accessTokenType,
    ...more,
  }
}

/** A token to act for the person with this email. */
export async function actingToken(
  server: RunningServer,
  agent: Agent,
  email: string,
  more: Record<string, string> = {},
): Promise<string> {
  const subject = { subject_token: email, subject_token_type: 'urn:runlayer:token-type:user-email' }
  return tokenIn(await askAs(server, agent, await exchangeForm(server, agent, { ...subject, ...more })))
}

export const delegate = (server: RunningServer, person: Person, agent: Agent, more: object = {}) =>
  server.api<{ id: string }>(
    'POST',
    '/api/v1/delegations',
    { agent_account_id: agent.id, ...more },
    person.key,
  )
