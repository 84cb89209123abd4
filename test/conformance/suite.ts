import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../support/server.ts'

/** The requirement sets of the official suite that a server is measured by. */
export const revisions = ['2025-11-25', '2026-07-28'] as const
export type Revision = (typeof revisions)[number]

export type Check = {
  readonly id: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  readonly errorMessage?: string
  readonly details?: unknown
}
/** Checks by scenario. A scenario that never ran has no entry. */
export type Results = ReadonlyMap<string, readonly Check[]>

const suiteFolder = join(root, 'node_modules/@modelcontextprotocol/conformance')
const suiteLimitMs = 240_000

/** The server scenarios that a revision requires, as the suite lists them; what it does not score is left out. */
export async function requiredScenarios(revision: Revision): Promise<string[]> {
  const text = await readFile(join(suiteFolder, 'requirements', `${revision}.yaml`), 'utf8')
  const block = /^server:\n((?:[ \t].*\n|[ \t]*#.*\n|\n)*)/m.exec(text)?.[1] ?? ''
  const names = [...block.matchAll(/^\s+- ['"]?([\w/-]+)['"]?/gm)].map((match) => match[1] ?? '')
  if (names.length === 0) throw new Error(`The suite lists no server scenarios for ${revision}`)
  return names
}

/** Runs one requirement set against `url` in a process of its own and returns every check it made. */
export async function runSuite(url: string, revision: Revision): Promise<Results> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  try {
    await runProcess(['server', '--url', url, '--requirements', revision, '-o', folder, '--timeout', '60000'])
    const results = new Map<string, readonly Check[]>()
    for (const name of await readdir(folder)) {
      const scenario = /^server-(.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/.exec(name)?.[1]
      if (scenario === undefined) continue
      const text = await readFile(join(folder, name, 'checks.json'), 'utf8')
      results.set(scenario, JSON.parse(text) as Check[])
    }
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The exit code only repeats what the checks say, so it is not looked at; a suite that does not end is ended. */
function runProcess(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(suiteFolder, 'dist/index.js'), ...args], {
    stdio: 'ignore',
    timeout: suiteLimitMs,
    killSignal: 'SIGKILL',
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
}
