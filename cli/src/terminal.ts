/** Where a command reads and writes: data to `data`, progress and messages to `message`. */
export type Terminal = {
  data(line: string): void
  message(line: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** What a command ends with (contract.md §5). */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notAllowed: 3,
  validation: 4,
  partly: 5,
  interrupted: 130,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Ends a command with words for a person and a code for a script. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
