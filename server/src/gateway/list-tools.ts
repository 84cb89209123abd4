import type { CodeMode } from '../code-mode/code-mode.ts'
import type { Connector } from '../kernel/connector.ts'
import { isObjectText, membersOf, objectText } from '../lib/raw-json.ts'
import { metaToolDefinitions } from './meta-tools.ts'
import type { Requester } from './requester.ts'
import { connectTool, type VisibleParts, viewOf } from './visible-tools.ts'

/**
 * The tools array as JSON text, whole and in a fixed order (R8). Nothing upstream is asked: tools are learned ahead, and
 * the list depends on nothing but who asks (protocol.md §0.6).
 */
export async function listTools(
  parts: VisibleParts & { codeMode: Pick<CodeMode, 'isEnabled'> },
  who: Requester,
  connector: Connector | undefined,
): Promise<string> {
  if (who.endpoint.kind === 'runlayer') return metaToolDefinitions(parts.codeMode.isEnabled())
  if (connector === undefined) return '[]'
  const view = await viewOf(parts, who, connector)
  const connect = view.waiting.map((each) => JSON.stringify(connectTool(each)))
  const shown = parts.tools.of(connector.id).filter((tool) => view.sees(tool))
  const definitions = shown.map((tool) =>
    who.client.era === 'legacy' ? forLegacy(tool.definition) : tool.definition,
  )
  return `[${[...connect, ...definitions].join(',')}]`
}

/** Before 2026 an output schema had to describe an object (protocol.md §1.11). */
function forLegacy(definition: string): string {
  if (!definition.includes('"outputSchema"')) return definition
  const members = membersOf(definition)
  const schema = members.get('outputSchema')
  if (!isObjectText(schema) || membersOf(schema).get('type') === '"object"') return definition
  members.delete('outputSchema')
  return objectText(members)
}
