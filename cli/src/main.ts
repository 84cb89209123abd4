import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addAdmin } from './commands/admin.ts'
import { addAudit } from './commands/audit.ts'
import { addBackup } from './commands/backup.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addLogin } from './commands/login.ts'
import { addRedteam } from './commands/redteam.ts'
import { addRestore } from './commands/restore.ts'
import { addSearch } from './commands/search.ts'
import { CommandError, type ExitCode, exitCodes, type Terminal } from './terminal.ts'

/** Every command, in the order of the help. */
const commands: readonly ((program: Command, terminal: Terminal) => void)[] = [
  addLogin,
  addDoctor,
  addBackup,
  addRestore,
  addAudit,
  addRedteam,
  addSearch,
  addDemo,
  addAdmin,
]

/** Runs one command line against `terminal`; resolves with its exit code and never throws for what a user did. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const program = new Command('runlayer')
    .description('Command line of the Runlayer control plane')
    .version(versionOf(), '--version')
    .showHelpAfterError('(runlayer --help says more)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.data(text.trimEnd()),
      writeErr: (text) => terminal.message(text.trimEnd()),
    })
  for (const add of commands) add(program, terminal)
  try {
    if (args.length === 0) {
      program.outputHelp({ error: true })
      return exitCodes.usage
    }
    await program.parseAsync([...args], { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    return ending(error, terminal)
  }
}

function ending(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (terminal.signal.aborted) return exitCodes.interrupted
  terminal.message(error instanceof Error ? error.message : String(error))
  return error instanceof CommandError ? error.exitCode : exitCodes.failure
}

function versionOf(): string {
  return (
    JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  ).version
}

/** The process's own command line. */
export async function runMain(args: readonly string[]): Promise<ExitCode> {
  const interrupted = new AbortController()
  process.once('SIGINT', () => {
    interrupted.abort()
    process.exitCode = exitCodes.interrupted
  })
  return runCommand(args, {
    data: (line) => process.stdout.write(`${line}\n`),
    message: (line) => process.stderr.write(`${line}\n`),
    env: process.env,
    signal: interrupted.signal,
  })
}
