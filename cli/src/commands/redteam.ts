import type { Command } from 'commander'
import { baseUrlOf } from '../call-server.ts'
import { attackCorpus } from '../redteam/attack-corpus.ts'
import { fireAttacks, type Shot } from '../redteam/fire-attacks.ts'
import { startHostileServer } from '../redteam/hostile-server.ts'
import { CommandError, exitCodes, type Terminal } from '../terminal.ts'

type Options = { url?: string; json?: boolean; strict?: boolean }

/** `redteam`: what the guards of a running server do about attacks, shown by attacking it. */
export function addRedteam(program: Command, terminal: Terminal): void {
  program
    .command('redteam')
    .description('put a hostile MCP server behind a running gateway and report what got through')
    .option('--url <url>', 'the server (default: RUNLAYER_BASE_URL, else http://localhost:3000)')
    .option('--json', 'print every attack and its fate as JSON')
    .option('--strict', 'end with 1 when an attack passed unnoticed or something benign was stopped')
    .action(async (options: Options) => {
      const key = terminal.env['RUNLAYER_API_KEY']
      if (key === undefined || key === '')
        throw new CommandError(exitCodes.notAllowed, 'Set RUNLAYER_API_KEY to a key of a Super Admin.')
      const hostile = await startHostileServer(attackCorpus)
      try {
        const range = { baseUrl: baseUrlOf(terminal, options.url), key, signal: terminal.signal }
        const shots = await fireAttacks(range, attackCorpus, hostile.url)
        tell(terminal, shots, options)
      } finally {
        hostile.close()
      }
    })
}

function tell(terminal: Terminal, shots: readonly Shot[], { json, strict }: Options): void {
  const attacks = shots.filter(({ kind }) => kind !== 'benign')
  const passed = attacks.filter(({ fate }) => fate === 'passed')
  const alarms = shots.filter(({ kind, fate }) => kind === 'benign' && fate !== 'passed')
  if (json === true)
    terminal.data(JSON.stringify({ shots, passed: passed.length, false_alarms: alarms.length }, null, 2))
  else {
    for (const { id, kind, where, fate } of shots)
      terminal.data(`${fate.padEnd(8)} ${kind.padEnd(13)} ${where.padEnd(11)} ${id}`)
  }
  terminal.message(
    `${attacks.length - passed.length} of ${attacks.length} attacks were noticed, ${passed.length} passed; ${alarms.length} false alarms in ${shots.length - attacks.length} benign contents.`,
  )
  if (strict === true && passed.length + alarms.length > 0)
    throw new CommandError(exitCodes.failure, 'Not everything went as it should.')
}
