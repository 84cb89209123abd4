import { hash } from 'node:crypto'
import type { Provider } from 'oidc-provider'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { type GrantParts, makeGrant } from './make-grant.ts'
import {
  type RedirectKind,
  type RedirectState,
  redirectHost,
  redirectKind,
  withoutLoopbackPort,
} from './match-redirect.ts'
import { audienceOf, mcpScope } from './name-resource.ts'
import { blockedText } from './show-error.ts'

/** A client that waits for a person's answer. */
export type Asking = {
  readonly id: string
  readonly client: {
    id: string
    name: string
    uri: string | undefined
    isDocument: boolean
    /** Of what the client says of itself. */
    hash: string
  }
  readonly redirect: { uri: string; host: string; kind: RedirectKind; state: RedirectState }
  readonly resources: readonly string[]
  readonly scopes: readonly string[]
  /** The person agreed to this client at this address before. */
  readonly isConnected: boolean
  /** Nothing new is asked, and the address proves who the client is. */
  readonly mayPass: boolean
}

export type Consents = {
  /** Throws not-found when the client no longer waits. */
  show(id: string, caller: Caller): Promise<Asking>
  /** Answers the address the browser goes on to. Throws not-allowed where the redirect rules do not let it. */
  agree(id: string, caller: Caller): Promise<{ continueUrl: string; asking: Asking }>
  refuse(id: string, caller: Caller): Promise<{ continueUrl: string | undefined; asking: Asking }>
}

export type ConsentParts = GrantParts & { judge(uri: string): RedirectState }

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

export function openConsents(parts: ConsentParts): Consents {
  const { provider } = parts
  const load = async (id: string): Promise<Interaction> => {
    const found = /^[\w-]{8,64}$/.test(id) ? await provider.Interaction.find(id) : undefined
    if (found === undefined)
      throw new GatewayError(
        'not-found',
        'This client no longer waits for an answer. Connect again from there.',
      )
    return found
  }
  const read = (interaction: Interaction, caller: Caller) => readAsking(parts, interaction, caller)
  const answer = async (interaction: Interaction, result: Interaction['result']): Promise<string> => {
    if (result !== undefined) interaction.result = result
    await interaction.save(Math.max(1, interaction.exp - Math.floor(parts.now() / 1000)))
    return interaction.returnTo
  }
  return {
    show: async (id, caller) => read(await load(id), caller),
    async agree(id, caller) {
      const interaction = await load(id)
      const asking = await read(interaction, caller)
      checkAllowed(asking)
      const grantId = await makeGrant(parts, caller, {
        client: asking.client,
        redirectUri: withoutLoopbackPort(asking.redirect.uri),
        resources: asking.resources,
        scopes: asking.scopes,
      })
      const login = { accountId: caller.id as string, remember: false }
      return { asking, continueUrl: await answer(interaction, { login, consent: { grantId } }) }
    },
    async refuse(id, caller) {
      const interaction = await load(id)
      const asking = await read(interaction, caller)
      // Whoever may not have a code may not have an error either: nobody is sent there.
      if (asking.redirect.state !== 'allowed') {
        await interaction.destroy()
        return { asking, continueUrl: undefined }
      }
      const error_description = 'the person refused'
      return { asking, continueUrl: await answer(interaction, { error: 'access_denied', error_description }) }
    },
  }
}

async function readAsking(parts: ConsentParts, interaction: Interaction, caller: Caller): Promise<Asking> {
  const { connections } = parts
  const { client_id: clientId, redirect_uri: uri, resource, scope, prompt } = interaction.params
  const client = await findClient(parts.provider, String(clientId))
  const kind = typeof uri === 'string' ? redirectKind(uri) : undefined
  if (client === undefined || typeof uri !== 'string' || kind === undefined)
    throw new GatewayError('not-found', 'The client that asked is no longer known. Connect again from there.')
  const documentHash = documentHashOf(client)
  const agreed = await connections.agreed({
    userId: caller.id,
    clientId: client.clientId,
    redirectUri: withoutLoopbackPort(uri),
    documentHash,
  })
  const resources = [resource ?? `${parts.base}/mcp`].flat().map(String)
  const isNew = resources.some((each) => agreed?.includes(audienceOf(each, parts.base) ?? '') !== true)
  const state = parts.judge(uri)
  return {
    id: interaction.uid,
    client: {
      id: client.clientId,
      name: client.clientName ?? '',
      uri: client.clientUri,
      isDocument: client.clientId.startsWith('https://'),
      hash: documentHash,
    },
    redirect: { uri, host: redirectHost(uri), kind, state },
    resources,
    scopes: String(scope ?? mcpScope).split(' '),
    isConnected: agreed !== undefined,
    // Any program on a machine can listen on loopback or take an app's scheme, so there a person looks each time.
    mayPass: !isNew && state === 'allowed' && kind === 'web' && prompt !== 'consent',
  }
}

/** A client document that cannot be read any more is a client nobody knows. */
export async function findClient(provider: Provider, id: string) {
  try {
    return await provider.Client.find(id)
  } catch {
    return undefined
  }
}

type Client = NonNullable<Awaited<ReturnType<Provider['Client']['find']>>>

/** Of what tells one client from another: its name, its addresses, its keys. */
export function documentHashOf(client: Client): string {
  const { client_name, client_uri, redirect_uris, jwks_uri, jwks, token_endpoint_auth_method } =
    client.metadata()
  const told = [client_name, client_uri, redirect_uris, jwks_uri, jwks, token_endpoint_auth_method]
  return hash('sha256', JSON.stringify(told), 'base64url')
}

function checkAllowed({ redirect }: Asking): void {
  if (redirect.state === 'blocked')
    throw new GatewayError(
      'redirect-blocked',
      `${blockedText}. Check that the client is an official one, and tell an administrator which connector and which client you used.`,
    )
  if (redirect.state === 'unknown')
    throw new GatewayError(
      'redirect-unknown',
      'An administrator has to approve this redirect URI before anybody here can use it.',
    )
}
