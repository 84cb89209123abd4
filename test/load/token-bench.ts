import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { connect, register, signIn } from '../support/oauth-client.ts'
import { startServer } from '../support/server.ts'
import { addConnector } from '../support/world.ts'
import { closeSessions, drive, openSessions, quantile, type Target, warm } from './drive.ts'
import { cpuSeconds } from './process-cost.ts'

/**
 * The governed echo with access tokens beside the same with API keys, in pairs of short rounds. One pair wavers by a tenth
 * with the machine: the median of the pairs has the bar. Like the ratios of `npm run bench` it is a figure to read, so a
 * missed bar is said and fails nothing; failed calls do. `--short` to keep it alive.
 */
const people = 16
const pairs = process.argv.includes('--short') ? 4 : 12
const seconds = 1
const longestWarmSeconds = process.argv.includes('--short') ? 2 : 12
/** Of the throughput with access tokens to that with API keys. */
const bar = 0.95

const upstream = spawn(process.execPath, [join(import.meta.dirname, 'echo-upstream.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const port = await new Promise<number>((resolve) =>
  upstream.stdout.once('data', (chunk: Buffer) => resolve(Number(/\d+/.exec(chunk.toString())?.[0]))),
)
const server = await startServer()
try {
  const connector = await addConnector(server, 'Bench', `http://127.0.0.1:${port}/mcp`, {
    protocol: 'legacy',
  })
  const client = await register(server)
  const resource = `http://localhost:${server.url.port}${connector.url.pathname}`
  const keys: string[] = []
  const tokens: string[] = []
  for (let index = 0; index < people; index++) {
    const email = `bench-${index}@example.com`
    const { id } = await server.api<{ id: string }>('POST', '/api/v1/users', {
      email,
      roles: ['super_admin'],
    })
    const key = await server.api<{ secret: string }>('POST', '/api/v1/api-keys', {
      name: 'bench',
      user_id: id,
    })
    keys.push(`authorization: Bearer ${key.secret}\r\n`)
    const { access_token } = await connect(server, await signIn(server, email), client, { resource })
    tokens.push(`authorization: Bearer ${access_token}\r\n`)
  }
  const sides = await Promise.all(
    [keys, tokens].map(async (headers) => {
      const target: Target = { url: connector.url, headers, tool: 'echo' }
      return { target, sessions: await openSessions(target, 32) }
    }),
  )
  const pid = server.process.pid ?? 0
  for (const { target, sessions } of sides) await warm(target, sessions, longestWarmSeconds)
  const ratios: number[] = []
  const costs: number[] = []
  for (let round = 0; round < pairs; round++) {
    const figures: { rate: number; micros: number }[] = []
    // Now the one, now the other first, so that a machine that warms up or tires favours neither.
    const turn = round % 2 === 0 ? [0, 1] : [1, 0]
    for (const side of turn) {
      const { target, sessions } = sides[side] ?? { target: undefined, sessions: [] }
      if (target === undefined) continue
      const before = cpuSeconds(pid)
      const done = await drive(target, sessions, { seconds })
      if (done.errors > 0) throw new Error(`${done.errors} calls failed: ${done.firstError}`)
      figures[side] = { rate: done.perSecond, micros: ((cpuSeconds(pid) - before) * 1e6) / done.calls }
    }
    const [key, token] = figures
    if (key === undefined || token === undefined) throw new Error('no round')
    ratios.push(token.rate / key.rate)
    costs.push(token.micros / key.micros)
    console.log(
      `key ${key.rate.toFixed(0)}/s ${key.micros.toFixed(0)} µs  token ${token.rate.toFixed(0)}/s ${token.micros.toFixed(0)} µs`,
    )
  }
  for (const { sessions } of sides) closeSessions(sessions)
  const ratio = quantile(ratios, 0.5)
  const spread = [0.25, 0.75].map((share) => quantile(ratios, share).toFixed(3)).join(' to ')
  console.log(`token/key CPU per call ${quantile(costs, 0.5).toFixed(3)}`)
  console.log(
    `${ratio >= bar ? 'ok    ' : 'MISSED'} token/key throughput ${ratio.toFixed(3)}, at least ${bar.toFixed(2)}; median of ${pairs} pairs, the middle half of them ${spread}`,
  )
} finally {
  await server.stop()
  await server.remove()
  upstream.kill('SIGTERM')
}
