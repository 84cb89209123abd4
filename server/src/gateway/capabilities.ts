import type { Credentials } from '../credentials/credentials.ts'
import { credentialOwner } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import type { UpstreamFacts, Upstreams } from '../kernel/upstream.ts'
import type { Policy } from '../policy/policy.ts'
import { factsOf } from './request-facts.ts'
import type { Requester } from './requester.ts'

export type CapabilityParts = {
  upstreams: Pick<Upstreams, 'facts'>
  credentials: Pick<Credentials, 'attach'>
  policy: Pick<Policy, 'decide'>
}

/** What an endpoint offers: only what both the upstream and this gateway can do. */
export type Offer = { capabilities: JsonObject; instructions: string | undefined }

const bridgedExtensions = ['io.modelcontextprotocol/tasks', 'io.modelcontextprotocol/ui']
const runlayerInstructions =
  'This server gives access to all tools your organisation lets you use. Call search_tools with the task in plain words, then execute_tool with the exact name of a hit. Never guess a tool name.'

/** A connector that cannot be asked right now still offers its learned tools (R17). */
export async function offerOf(
  parts: CapabilityParts,
  who: Requester,
  connector: Connector | undefined,
): Promise<Offer> {
  if (connector === undefined) {
    return {
      capabilities: { tools: { listChanged: false }, logging: {} },
      instructions: runlayerInstructions,
    }
  }
  const facts = await upstreamFacts(parts, who, connector)
  const capabilities: JsonObject = { tools: { listChanged: true }, logging: {} }
  if (facts === undefined) return { capabilities, instructions: undefined }
  const has = facts.capabilities
  if (has['resources'] !== undefined)
    capabilities['resources'] = { subscribe: offersSubscribe(facts), listChanged: true }
  if (has['prompts'] !== undefined) capabilities['prompts'] = { listChanged: true }
  if (has['completions'] !== undefined) capabilities['completions'] = {}
  if (has['tasks'] !== undefined && facts.era === 'legacy' && who.client.era === 'legacy')
    capabilities['tasks'] = withoutList(has['tasks'])
  const extensions = bridged(has['extensions'], facts.era === who.client.era)
  if (extensions !== undefined) capabilities['extensions'] = extensions
  return { capabilities, instructions: facts.instructions }
}

async function upstreamFacts(
  parts: CapabilityParts,
  who: Requester,
  connector: Connector,
): Promise<UpstreamFacts | undefined> {
  const allowed = parts.policy.decide(who.caller, {
    connector,
    kind: 'server',
    name: '',
    phase: 'list',
    args: undefined,
    facts: factsOf(who),
  })
  if (allowed.effect !== 'allow') return undefined
  try {
    const credential = await parts.credentials.attach(connector, credentialOwner(who.caller, connector.id))
    const lane = { principal: who.caller.id, session: who.client.sessionKey, exclusive: false }
    return await parts.upstreams.facts(connector, credential, lane, who.client.capabilities)
  } catch {
    // Down, or not connected yet: what was learned is still offered, and the first call says what is wrong.
    return undefined
  }
}

function offersSubscribe(facts: UpstreamFacts): boolean {
  const resources = facts.capabilities['resources']
  return (
    typeof resources === 'object' &&
    resources !== null &&
    !Array.isArray(resources) &&
    resources['subscribe'] === true
  )
}

/** Task ids are sealed one by one; a list of an upstream's tasks could name those of others, so it is not offered. */
function withoutList(tasks: Json): Json {
  if (typeof tasks !== 'object' || tasks === null || Array.isArray(tasks)) return {}
  return Object.fromEntries(Object.entries(tasks).filter(([name]) => name !== 'list'))
}

function bridged(extensions: Json | undefined, sameEra: boolean): JsonObject | undefined {
  if (typeof extensions !== 'object' || extensions === null || Array.isArray(extensions)) return undefined
  const kept = Object.entries(extensions).filter(
    ([name]) => bridgedExtensions.includes(name) && (sameEra || name.endsWith('/ui')),
  )
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
