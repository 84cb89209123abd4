import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './server.ts'

const run = promisify(execFile)

/** Full size: everything, also what needs minutes. */
export const isLong = process.env['RUNLAYER_LONG'] === '1'

/** Why tests on packages of the registry cannot run here, or nothing. Says so aloud. */
export async function whyNoRegistry(what: string): Promise<string | undefined> {
  try {
    await run('npm', ['view', '@modelcontextprotocol/server-everything', 'version'], { timeout: 60_000 })
    return undefined
  } catch {
    console.warn(`SKIPPED: ${what}: the npm registry cannot be reached`)
    return 'the npm registry cannot be reached'
  }
}

/**
 * Installs packages into a folder of their own outside of the repository, once per machine: they are parts to test
 * with, never dependencies. Answers the folder.
 */
export async function installReal(...specs: string[]): Promise<string> {
  const key = createHash('sha256').update(specs.join('\n')).digest('hex').slice(0, 12)
  const base = join(tmpdir(), 'runlayer-real-packages')
  const folder = join(base, key)
  const isThere = await access(folder).then(
    () => true,
    () => false,
  )
  if (isThere) return folder
  const draft = `${folder}.${process.pid}`
  await mkdir(draft, { recursive: true })
  try {
    await writeFile(join(draft, 'package.json'), '{"private":true}')
    await run(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...specs],
      {
        cwd: draft,
        timeout: 240_000,
      },
    )
    // Another test file may have been faster with the same packages.
    await rename(draft, folder).catch(() => undefined)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return folder
}

export type Background = { readonly port: number; output(): string; stop(): Promise<void> }

/** Starts a server that listens on a free port, and waits until something answers there (60 s at most). */
export async function startOnPort(
  script: string,
  args: (port: number) => string[],
  env: Record<string, string> = {},
): Promise<Background> {
  const port = await freePort()
  const child = spawn(process.execPath, [script, ...args(port)], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-10_000)
    })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    if (child.exitCode === null && child.pid !== undefined) {
      // The group: some of these start children of their own.
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It ended by itself meanwhile.
      }
    }
    await ended
  }
  const deadline = Date.now() + 60_000
  for (;;) {
    const answers = await fetch(`http://127.0.0.1:${port}/`).then(
      async (answer) => {
        await answer.body?.cancel()
        return true
      },
      () => false,
    )
    if (answers) return { port, output: () => text, stop }
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`${script} did not start:\n${text}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
