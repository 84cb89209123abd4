import type { RunningServer } from './server.ts'

export type Person = { readonly id: string; readonly key: string; readonly keyId: string }
export type Made = { readonly id: string; readonly url: URL }

/** A person with an API key of their own. */
export async function addPerson(server: RunningServer, name: string): Promise<Person> {
  const user = await server.api<{ id: string }>('POST', '/api/v1/users', { email: `${name}@example.com` })
  const key = await server.api<{ id: string; secret: string }>('POST', '/api/v1/api-keys', {
    name,
    user_id: user.id,
  })
  return { id: user.id, key: key.secret, keyId: key.id }
}

/** An active connector in front of an upstream's URL; `more` are further fields of the REST body. */
export async function addConnector(
  server: RunningServer,
  name: string,
  upstream: string,
  more: object = {},
): Promise<Made> {
  const made = await server.api<{ id: string }>('POST', '/api/v1/servers', {
    name,
    transport: 'streamable_http',
    url: upstream,
    auth: { type: 'none' },
    status: 'active',
    ...more,
  })
  return { id: made.id, url: new URL(`/api/v1/proxy/${made.id}/mcp`, server.url) }
}

/** Lets these people use these connectors, or only the tools that match. Answers the rule's id. */
export async function allow(
  server: RunningServer,
  people: readonly Person[],
  connectors: readonly Made[],
  tools?: readonly string[],
): Promise<string> {
  const rule = await server.api<{ id: string }>('POST', '/api/v1/policies', {
    effect: 'allow',
    principals: { type: 'user', ids: people.map((one) => one.id) },
    scope: { servers: connectors.map((one) => one.id), ...(tools === undefined ? {} : { tools }) },
  })
  return rule.id
}

/** Names by which the plugin runs the tools of a connector, by the upstream's own name. */
export async function publicNames(server: RunningServer, connector: Made): Promise<Record<string, string>> {
  const tools = await server.api<{ data: { name: string; public_name: string }[] }>(
    'GET',
    `/api/v1/servers/${connector.id}/tools`,
  )
  return Object.fromEntries(tools.data.map((tool) => [tool.name, tool.public_name]))
}
