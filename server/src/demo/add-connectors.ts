import type { Connectors } from '../connectors/connectors.ts'
import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'
import { type DemoKind, type DemoSettings, demoKinds, kindOf, settingsOf } from './demo-connectors.ts'
import type { DemoFolders } from './sample-files.ts'

/** Stores a connector marked as demo and activates it; trouble of npm or the server becomes its health. */
export type CreateConnector = (settings: DemoSettings) => Promise<Connector>
export type ReviveConnector = (id: ServerId) => Promise<Connector>
export type DemoConnectors = Readonly<Record<DemoKind, { id: ServerId; name: string }>>

type Parts = { connectors: Pick<Connectors, 'list'>; create: CreateConnector; revive: ReviveConnector }

/** One after the other: three installations at once take no less time and leave nothing for anybody else. */
export async function addConnectors(
  parts: Parts,
  folders: DemoFolders,
): Promise<{ connectors: DemoConnectors; added: number }> {
  const found: Partial<Record<DemoKind, { id: ServerId; name: string }>> = {}
  let added = 0
  for (const kind of demoKinds) {
    const before = parts.connectors
      .list()
      .find((connector) => connector.demo && kindOf(connector.args[1]) === kind)
    if (before === undefined) {
      found[kind] = await parts.create(settingsOf(kind, folders))
      added += 1
    } else {
      const isStuck = before.status === 'active' && before.health.state === 'failing'
      found[kind] = isStuck ? await parts.revive(before.id) : before
    }
  }
  return { connectors: found as DemoConnectors, added }
}
