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

/** All at once, since most of an installation is waiting for the registry. */
export async function addConnectors(
  parts: Parts,
  folders: DemoFolders,
): Promise<{ connectors: DemoConnectors; added: number }> {
  const mine = parts.connectors.list().filter(({ demo }) => demo)
  const found = await Promise.all(
    demoKinds.map(async (kind) => {
      const before = mine.find((connector) => kindOf(connector.args[1]) === kind)
      if (before === undefined)
        return { kind, connector: await parts.create(settingsOf(kind, folders)), isNew: true }
      const isStuck = before.status === 'active' && before.health.state === 'failing'
      return { kind, connector: isStuck ? await parts.revive(before.id) : before, isNew: false }
    }),
  )
  const connectors: Partial<Record<DemoKind, Connector>> = {}
  for (const { kind, connector } of found) connectors[kind] = connector
  return {
    connectors: connectors as DemoConnectors,
    added: found.filter(({ isNew }) => isNew).length,
  }
}
