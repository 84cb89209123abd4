/** Demo data: real connectors on sample files, made-up people, groups, rules and a week of activity, removable whole. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Audit } from '../audit/audit.ts'
import type { Connectors } from '../connectors/connectors.ts'
import type { Identity } from '../identity/identity.ts'
import type { Connector } from '../kernel/connector.ts'
import { newId, type ServerId } from '../kernel/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Policy } from '../policy/policy.ts'
import { addConnectors, type CreateConnector, type ReviveConnector } from './add-connectors.ts'
import { addPeople } from './add-people.ts'
import { addRules } from './add-rules.ts'
import { demoPackages } from './demo-connectors.ts'
import { makeActivity } from './make-activity.ts'
import { writeSampleFiles } from './sample-files.ts'

export type DemoParts = {
  /** Everything the demo writes to disk lies in `files/demo` below it. */
  dataDir: string
  connectors: Pick<Connectors, 'list' | 'find'>
  create: CreateConnector
  /** Tries once more to install and start a connector. */
  revive: ReviveConnector
  remove(id: ServerId): Promise<void>
  identity: Pick<Identity, 'people' | 'groups'>
  policy: Pick<Policy, 'book'>
  audit: Pick<Audit, 'importDemo' | 'removeDemo' | 'record'>
  now: () => number
  log: Log
}

export type Demo = {
  /** Adds what is missing and renews the week of activity. Resolves with sentences to show; never rejects. */
  fill(): Promise<string[]>
  /** Removes everything that `fill` made; answers how many things went. */
  remove(): Promise<number>
  /** What is still to be added is not added any more. */
  close(): void
}

export function openDemo(parts: DemoParts): Demo {
  let closed = false
  // Filling and removing take turns: half of each would leave marked things behind.
  let queue: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work)
    queue = next.catch(() => undefined)
    return next
  }
  return {
    fill: () =>
      inTurn(() => fill(parts, () => closed)).catch((error: unknown) => {
        if (closed) return []
        parts.log.error({ err: error }, 'the demo data could not be added')
        return ['The demo data could not be added; the server log has the reason. Everything else works.']
      }),
    remove: () => inTurn(() => remove(parts)),
    close: () => {
      closed = true
    },
  }
}

/** Whether this is one of the demo's own connectors, still running the package the demo gave it. */
export function isDemoServer(connector: Connector & { readonly demo: boolean }): boolean {
  return connector.demo && connector.command === 'npx' && demoPackages.has(connector.args[1] ?? '')
}

async function fill(parts: DemoParts, isClosed: () => boolean): Promise<string[]> {
  const folders = await writeSampleFiles(parts.dataDir)
  const { people, groups, added: addedPeople } = await addPeople(parts.identity)
  if (isClosed()) return []
  const { connectors, added: addedConnectors } = await addConnectors(parts, folders)
  if (isClosed()) return []
  const addedRules = await addRules(parts.policy.book, { groups, connectors })
  await parts.audit.removeDemo()
  await parts.audit.importDemo(makeActivity({ people, connectors, untilMs: parts.now() }))
  if (addedPeople + addedConnectors + addedRules > 0) await recordFilling(parts)
  return sentences(Object.values(connectors).map(({ id, name }) => parts.connectors.find(id) ?? { name }))
}

function sentences(connectors: readonly (Connector | { name: string })[]): string[] {
  const failing = connectors.flatMap((connector) =>
    'health' in connector && connector.status === 'active' && connector.health.state !== 'ok'
      ? [`${connector.name}: ${connector.health.message ?? 'it could not be started.'}`]
      : [],
  )
  const removal = '"npx runlayer demo --remove" removes it.'
  if (failing.length === 0)
    return [`The demo is ready: ${connectors.map(({ name }) => name).join(', ')}. ${removal}`]
  return [
    `The demo is there, but not all of its servers work. Start again with --demo to try once more. ${removal}`,
    ...failing.map((line) => `  ${line}`),
  ]
}

async function recordFilling({ audit, now }: DemoParts): Promise<void> {
  const requestId = newId(now())
  const actor = { type: 'system', id: 'demo' } as const
  const action = 'demo_added'
  await audit.record(
    { action, actor, requestId, correlationId: requestId, resourceType: 'demo' },
    { action, outcome: 'success' },
  )
}

async function remove(parts: DemoParts): Promise<number> {
  // Rules first: a rule goes with its last connector and would not be counted then.
  let removed = await parts.policy.book.removeDemo()
  for (const { id } of parts.connectors.list().filter(({ demo }) => demo)) {
    await parts.remove(id)
    removed += 1
  }
  removed += await parts.identity.people.removeDemo()
  removed += await parts.audit.removeDemo()
  await rm(join(parts.dataDir, 'files', 'demo'), { recursive: true, force: true })
  return removed
}
