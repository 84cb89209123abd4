import type { Command } from 'commander'
import { baseUrlOf, callServer } from '../call-server.ts'
import { CommandError, exitCodes, type Terminal } from '../terminal.ts'

/** `demo --remove`: takes the demo data out of a running server, whole. */
export function addDemo(program: Command, terminal: Terminal): void {
  program
    .command('demo')
    .description('remove the data that "npm start -- --demo" added')
    .option('--remove', 'remove it from the running server')
    .option('--url <url>', 'the server (default: RUNLAYER_BASE_URL, else http://localhost:3000)')
    .action(async (options: { remove?: boolean; url?: string }) => {
      if (options.remove !== true) {
        throw new CommandError(
          exitCodes.usage,
          'Say --remove to remove the demo data; "npm start -- --demo" adds it.',
        )
      }
      const url = baseUrlOf(terminal, options.url)
      const { removed } = (await callServer(terminal, url, 'DELETE', '/api/v1/system/demo')) as {
        removed: number
      }
      terminal.message(removed > 0 ? 'The demo data is removed.' : `There is no demo data at ${url}.`)
    })
}
