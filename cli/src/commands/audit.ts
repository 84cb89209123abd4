import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type ExportReport, verifyExport } from '../audit-export/verify-export.ts'
import { CommandError, exitCodes, type Terminal } from '../terminal.ts'

const shownProblems = 20

/** `audit verify FILE`: checks an export offline. 0: nothing was changed; 1: something was; 4: the file is no export. */
export function addAudit(program: Command, terminal: Terminal): void {
  const audit = program.command('audit').description('work with exported audit entries')
  audit
    .command('verify <file>')
    .description('check offline that an audit export (json or jsonl) was not changed')
    .option('--public-key <key>', 'the key you trust; without it the key inside the file is used')
    .option('--json', 'print the report as JSON')
    .action((file: string, options: { publicKey?: string; json?: boolean }) => {
      const report = verifyFile(file, options.publicKey)
      if (options.json === true) terminal.data(JSON.stringify(report))
      else for (const line of words(report, options.publicKey !== undefined)) terminal.data(line)
      if (!report.ok) throw new CommandError(exitCodes.failure, `${file} does not prove what it says.`)
    })
}

function verifyFile(file: string, publicKey: string | undefined): ExportReport {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new CommandError(exitCodes.failure, `${file} cannot be read.`, { cause })
  }
  try {
    return verifyExport(text, publicKey)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CommandError(exitCodes.validation, `${file} is no audit export: ${why}.`, { cause })
  }
}

function words(report: ExportReport, isTrusted: boolean): string[] {
  const { entries, events, heads, problems } = report
  const counted = `${entries} entries, ${events} events, ${heads} signed heads`
  if (!report.ok) {
    const more = problems.length - shownProblems
    return [
      `CHANGED: ${problems.length} problems in ${counted}`,
      ...problems.slice(0, shownProblems).map((problem) => `  ${problem}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ]
  }
  const scope = report.complete ? 'complete: no entry is missing' : 'a selection: what is in it is unchanged'
  const key = isTrusted
    ? 'signed with the key you gave'
    : `signed with key ${report.publicKeys.join(', ')} (compare it with your server’s)`
  return [`OK: ${counted}; ${scope}`, key]
}
