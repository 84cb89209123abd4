import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { type RunningServer, startServer } from '../support/server.ts'
import { addConnector, addPerson, allow } from '../support/world.ts'
import { compareSides, type Side } from './compare-sides.ts'

/**
 * The governed echo with all content guards at Medium beside the same without them, on two servers in alternating rounds.
 * `--short` to keep it alive.
 */
const isShort = process.argv.includes('--short')
const people = 16
const bar = 0.85

const upstream = spawn(process.execPath, [join(import.meta.dirname, 'echo-upstream.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const port = await new Promise<number>((resolve) =>
  upstream.stdout.once('data', (chunk: Buffer) => resolve(Number(/\d+/.exec(chunk.toString())?.[0]))),
)
const running: RunningServer[] = []

async function open(name: string, env: Record<string, string>): Promise<Side> {
  const server = await startServer({ env })
  running.push(server)
  const connector = await addConnector(server, 'Bench', `http://127.0.0.1:${port}/mcp`, {
    protocol: 'legacy',
  })
  const all = []
  for (let index = 0; index < people; index++) all.push(await addPerson(server, `bench-${index}`))
  await allow(server, all, [connector])
  const headers = all.map(({ key }) => `authorization: Bearer ${key}\r\n`)
  return { name, target: { url: connector.url, headers, tool: 'echo' }, pid: server.process.pid ?? 0 }
}

try {
  const off = await open('off', { RUNLAYER_CALL_GUARDS: 'off' })
  const on = await open('on', {})
  for (const connections of [32, 16])
    await compareSides(off, on, {
      ...{ connections, bar },
      pairs: isShort ? 2 : 20,
      longestWarmSeconds: isShort ? 1 : 12,
      land: ({ name }) =>
        running[name === 'off' ? 0 : 1]?.api('GET', '/api/v1/audit-logs?limit=1') ?? Promise.resolve(),
    })
} finally {
  for (const server of running) {
    await server.stop()
    await server.remove()
  }
  upstream.kill('SIGTERM')
}
