import { readFileSync } from 'node:fs'
import { type Config, readConfig } from '../../server/src/config/config.ts'
import { CommandError, exitCodes, type Terminal } from './terminal.ts'

/** For parts of the server that log: a command speaks for itself. */
export const silentLog = { debug() {}, info() {}, warn() {}, error() {} }

/** The server's settings as this terminal's environment gives them; mistakes end the command as invalid. */
export function readSettings(terminal: Terminal): Config {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  try {
    return readConfig(terminal.env, version)
  } catch (error) {
    throw new CommandError(
      exitCodes.validation,
      error instanceof Error ? error.message : 'The settings are not valid.',
    )
  }
}
