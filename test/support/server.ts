import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')
const main = join(root, 'server/src/main.ts')
// Plain JavaScript without types, because it runs before anything is installed.
const launching: string = '../../tools/runtime.mjs'
/** A server of a test lives for seconds: optimising the store's engine would take more than it gives back. */
const shortLived = ['--wasm-tiering-budget=200000000']
const { serverEnvironment, serverFlags } = (await import(launching)) as {
  serverEnvironment: Record<string, string>
  serverFlags: readonly string[]
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

export type RunningServer = {
  readonly url: URL
  readonly dataDir: string
  readonly adminKey: string
  readonly process: ChildProcess
  /** What the process wrote so far, for failures. */
  output(): string
  api<T = unknown>(method: string, path: string, body?: unknown, key?: string): Promise<T>
  /** SIGKILL, as a crash. */
  kill(): Promise<void>
  stop(): Promise<void>
  /** Removes the data folder too. */
  remove(): Promise<void>
}

export type ServerOptions = {
  dataDir?: string
  env?: Record<string, string>
  port?: number
  args?: string[]
  nodeArgs?: string[]
}

/** What npm needs to reach its registry from here: a company's proxy, its certificates, its registry. */
function reachOutside(): Record<string, string> {
  const wanted =
    /^(PATH|HOME|TMPDIR|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|(https?|no)_proxy|npm_config_(registry|cafile|cache|userconfig))$/i
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => wanted.test(entry[0]) && entry[1] !== undefined,
    ),
  )
}

const adminKey = `rl_${'test_admin_key_0123456789abcdef0123456789'}`

/** Starts the real server as a process of its own and waits until it is ready (60 s at most). */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'runlayer-test-')))
  const port = options.port ?? (await freePort())
  const url = new URL(`http://127.0.0.1:${port}`)
  const child = spawn(
    process.execPath,
    [...serverFlags, ...shortLived, ...(options.nodeArgs ?? []), main, ...(options.args ?? [])],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...reachOutside(),
        ...serverEnvironment,
        RUNLAYER_PORT: String(port),
        RUNLAYER_DATA_DIR: dataDir,
        RUNLAYER_ADMIN_EMAIL: 'admin@example.com',
        RUNLAYER_ADMIN_API_KEY: adminKey,
        LOG_LEVEL: 'warn',
        ...options.env,
      },
    },
  )
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-20_000)
    })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    await ready(url, child, () => text)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    url,
    dataDir,
    adminKey,
    process: child,
    output: () => text,
    api: (method, path, body, key = adminKey) => call(url, { method, path, body, key }),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
    async remove() {
      child.kill('SIGKILL')
      await ended
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function ready(url: URL, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + 60_000
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${output()}`)
    try {
      const answer = await fetch(new URL('/api/v1/utils/health-check/', url))
      if (answer.ok) return
    } catch {
      // Not listening yet.
    }
    if (Date.now() > deadline) throw new Error(`the server was not ready in time:\n${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export class ApiError extends Error {
  readonly status: number
  readonly problem: Record<string, unknown>
  constructor(status: number, problem: Record<string, unknown>) {
    super(`${status} ${JSON.stringify(problem)}`)
    this.status = status
    this.problem = problem
  }
}

async function call<T>(
  url: URL,
  request: { method: string; path: string; body: unknown; key: string },
): Promise<T> {
  const answer = await fetch(new URL(request.path, url), {
    method: request.method,
    headers: {
      'x-runlayer-api-key': request.key,
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  })
  const text = await answer.text()
  const value = text === '' ? undefined : (JSON.parse(text) as unknown)
  if (!answer.ok) throw new ApiError(answer.status, value as Record<string, unknown>)
  return value as T
}
