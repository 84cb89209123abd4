import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshServer } from '../support/fresh-server.ts'
import { type Browser, baseOf, register, signIn } from '../support/oauth-client.ts'
import { freePort, type RunningServer, root } from '../support/server.ts'
import type { Check } from './suite.ts'

let server: RunningServer
let browser: Browser
beforeAll(async () => {
  server = await freshServer()
  browser = await signIn(server, 'admin@example.com')
})
afterAll(() => server?.remove())

/** Does in the console what the suite asks its reader to do in a browser. */
async function authorize(url: string): Promise<void> {
  const id = /^\/connect\/([\w-]+)$/.exec((await browser.get(url)).headers.get('location') ?? '')?.[1]
  const { continue_url } = await browser.api<{ continue_url: string }>(
    'POST',
    `/api/v1/oauth/interactions/${id}/agree`,
  )
  await fetch((await browser.get(continue_url)).headers.get('location') ?? '')
}

async function runSuite(args: readonly string[]): Promise<Map<string, Check[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-as-'))
  try {
    const suite = join(root, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
    const child = spawn(process.execPath, [suite, 'authorization', ...args, '-o', folder], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 50_000,
    })
    let text = ''
    let isStarted = false
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const url = /^http\S+\/api\/v1\/oauth\/authorize\?\S+$/m.exec(text)?.[0]
      if (url === undefined || isStarted || !text.includes('Waiting')) return
      isStarted = true
      authorize(url).catch((error: unknown) => child.emit('error', error))
    })
    await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve))
    const checks = new Map<string, Check[]>()
    for (const name of await readdir(folder)) {
      const file = await readFile(join(folder, name, 'checks.json'), 'utf8')
      for (const check of JSON.parse(file) as Check[])
        checks.set(check.id, [...(checks.get(check.id) ?? []), check])
    }
    return checks
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test.each(['2025-11-25', '2026-07-28'])(
  'the suite finds nothing wrong with the authorization server in %s',
  async (revision) => {
    const port = await freePort()
    const client = await register(server, { redirect_uris: [`http://127.0.0.1:${port}/callback`] })
    const base = baseOf(server)
    const checks = await runSuite([
      ...['--url', base, '--client-id', client.client_id, '--resource', `${base}/mcp`],
      ...['--port', String(port), '--spec-version', revision],
    ])
    expect([...checks.keys()].sort()).toEqual([
      'authorization-code-grant',
      'authorization-server-metadata',
      'authorization-server-metadata-cimd',
    ])
    const wrong = [...checks.values()].flat().filter(({ status }) => status !== 'SUCCESS')
    expect(wrong.map(({ id, status, errorMessage }) => [id, status, errorMessage])).toEqual([])
  },
)
