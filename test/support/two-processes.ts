import { type ScriptedUpstream, startScriptedUpstream } from '../fixtures/scripted-upstream.ts'
import { postgresEnvironment } from './fresh-server.ts'
import { type RunningServer, startServer } from './server.ts'
import { addConnector, type Made } from './world.ts'

/** contract.md §4: from the next request on the process that took the change, within one second on every other. */
export const withinMs = 1_000

export type TwoProcesses = {
  /** Takes the changes. */
  readonly one: RunningServer
  readonly other: RunningServer
  readonly upstream: ScriptedUpstream
  readonly connector: Made
  remove(): Promise<void>
}

/** Two processes of one installation on PostgreSQL, with one connector. */
export async function startTwoProcesses(
  script: Parameters<typeof startScriptedUpstream>[0],
): Promise<TwoProcesses> {
  const started: RunningServer[] = []
  let upstream: ScriptedUpstream | undefined
  const remove = async () => {
    for (const server of started) await server.remove()
    await upstream?.close()
  }
  try {
    upstream = await startScriptedUpstream(script)
    const env = await postgresEnvironment()
    const one = await startServer({ env })
    started.push(one)
    const other = await startServer({ env })
    started.push(other)
    const connector = await addConnector(one, 'Watched', upstream.url)
    return { one, other, upstream, connector, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
