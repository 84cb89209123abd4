import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type Config, readConfig } from '../../../server/src/config/config.ts'
import { baseUrlOf } from '../call-server.ts'
import { checkDataFolder, holderOf } from '../checks/check-data-folder.ts'
import { checkDatabase } from '../checks/check-database.ts'
import { checkNode } from '../checks/check-node.ts'
import { checkSandbox } from '../checks/check-sandbox.ts'
import { checkPort, checkServer } from '../checks/check-server.ts'
import type { Finding } from '../checks/finding.ts'
import { CommandError, exitCodes, type Terminal } from '../terminal.ts'

const packageFile = new URL('../../../package.json', import.meta.url)

/** `doctor`: what is right and wrong with a set-up, and what to do about it. Changes nothing. */
export function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('say what is wrong with a set-up')
    .option('--json', 'print the findings as JSON')
    .option(
      '--url <url>',
      'the running server (default: RUNLAYER_BASE_URL, else where the settings say it listens)',
    )
    .action(async (options: { json?: boolean; url?: string }) => {
      const findings = await examine(terminal, options.url)
      if (options.json === true)
        terminal.data(JSON.stringify({ ok: !findings.some(isFailed), findings }, null, 2))
      else for (const finding of findings) terminal.data(lineOf(finding))
      const failed = findings.filter(isFailed).length
      if (failed > 0)
        throw new CommandError(exitCodes.failure, `${failed} of ${findings.length} checks failed.`)
    })
}

const isFailed = (finding: Finding) => finding.state === 'failed'

function lineOf({ state, name, message, advice }: Finding): string {
  return `${state.padEnd(7)} ${name}: ${message}${advice === undefined ? '' : `\n        → ${advice}`}`
}

/** Every check on its own: one that cannot be made never hides another. */
async function examine(terminal: Terminal, url: string | undefined): Promise<Finding[]> {
  const product = JSON.parse(readFileSync(packageFile, 'utf8')) as {
    version: string
    engines: { node: string }
  }
  const config = settings(terminal, product.version)
  const node = checkNode(process.version, product.engines.node)
  if ('wrong' in config) return [node, ...config.wrong, await checkSandbox(false)]
  const server = await checkServer(
    baseUrlOf(terminal, url ?? terminal.env['RUNLAYER_BASE_URL'] ?? localUrl(config)),
    holderOf(config.dataDir),
  )
  return [
    node,
    { name: 'settings', state: 'ok', message: 'every setting is understood' },
    checkDataFolder(config.dataDir),
    await checkDatabase(config.databaseUrl),
    await checkPort(config, server.state === 'ok'),
    await checkSandbox(config.unsandboxedStdio),
    server,
  ]
}

function localUrl(config: Pick<Config, 'bind' | 'port'>): string {
  const host = config.bind === '0.0.0.0' || config.bind === '::' ? 'localhost' : config.bind
  return `http://${host.includes(':') ? `[${host}]` : host}:${config.port}`
}

function settings(terminal: Terminal, version: string): Config | { wrong: Finding[] } {
  try {
    return readConfig(terminal.env, version)
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : []
    const mistakes = lines.filter((line) => line.startsWith('  - ')).map((line) => line.slice(4))
    return {
      wrong: (mistakes.length > 0 ? mistakes : lines).map((message) => ({
        name: 'settings',
        state: 'failed',
        message,
        advice: 'Correct this environment variable; the server does not start with it.',
      })),
    }
  }
}
