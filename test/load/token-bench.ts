import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { connect, register, signIn } from '../support/oauth-client.ts'
import { startServer } from '../support/server.ts'
import { addConnector } from '../support/world.ts'
import { compareSides, type Side } from './compare-sides.ts'

/** The governed echo with access tokens beside the same with API keys. `--short` to keep it alive. */
const isShort = process.argv.includes('--short')
const people = 16

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
  const pid = server.process.pid ?? 0
  const side = (name: string, headers: string[]): Side => ({
    name,
    target: { url: connector.url, headers, tool: 'echo' },
    pid,
  })
  await compareSides(side('key', keys), side('token', tokens), {
    connections: 32,
    pairs: isShort ? 4 : 12,
    longestWarmSeconds: isShort ? 2 : 12,
    bar: 0.95,
  })
} finally {
  await server.stop()
  await server.remove()
  upstream.kill('SIGTERM')
}
