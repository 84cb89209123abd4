import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { SearchEvaluationSet } from '../../../contract/client.ts'
import { baseUrlOf, callServer } from '../call-server.ts'
import { CommandError, exitCodes, type Terminal } from '../terminal.ts'

/** The folder inside `--out`; `npm run search:eval -- --data DIR` reads every folder of such a name. */
const folder = 'retrieval-own'

/** `search export`: writes the organisation's own tools and queries as a set to measure search with. */
export function addSearch(program: Command, terminal: Terminal): void {
  const search = program.command('search').description('work with what people searched for')
  search
    .command('export')
    .description('write your own tools, and queries with what was run after them, for npm run search:eval')
    .requiredOption('--out <folder>', 'where to write; made when it is not there')
    .option('--days <number>', 'how far to look back', '30')
    .option('--url <address>', 'where the server is')
    .action(async (options: { out: string; days: string; url?: string }) => {
      const path = `/api/v1/search/evaluation-set?days=${encodeURIComponent(options.days)}`
      const set = await callServer(terminal, baseUrlOf(terminal, options.url), 'GET', path)
      const { corpus, queries } = set as SearchEvaluationSet
      if (queries.length === 0)
        throw new CommandError(
          exitCodes.failure,
          'Nobody ran a tool after a search in this time, so there is nothing to measure with yet.',
        )
      const place = join(options.out, folder)
      mkdirSync(join(place, 'dev'), { recursive: true })
      writeLines(join(place, 'corpus.jsonl'), corpus)
      writeLines(join(place, 'dev', 'queries.jsonl'), queries)
      terminal.message(`${corpus.length} tools and ${queries.length} queries are in ${place}.`)
      terminal.message(`Measure with: npm run search:eval -- --data ${options.out}`)
    })
}

/** Queries are the words of people: the files are for their owner. */
function writeLines(path: string, rows: readonly object[]): void {
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 })
}
