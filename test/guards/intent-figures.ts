/** What Intent Guard says about calls with their outputs: npm run guard:intent -- --data DIR. A smoke test: the rows are few and half synthetic. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { wordsOf } from '../../server/src/guards/definition-leaves.ts'
import { judgeIntent, withDepartures } from '../../server/src/guards/judge-intent.ts'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'
import { reachOf } from '../../server/src/guards/tool-reach.ts'

type Line = {
  tool: string
  description: string
  arguments: string
  output: string
  label: 0 | 1
  kind: string
}

const { values } = parseArgs({ options: { data: { type: 'string', default: '../shared/data' } } })
const file = join(values.data, 'intent/dev/intent.jsonl')
if (existsSync(file)) tell(readFileSync(file, 'utf8'))
else console.error(`SKIPPED: no ${file}; give the folder with --data DIR.`)

function tell(text: string): void {
  const scan = buildScan(openModels(), () => performance.now())
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
  const judged = rows.map((row) => {
    const departures = judgeIntent({
      reach: reachOf({ name: row.tool, annotations: undefined }),
      tool: `${wordsOf(row.tool)} ${row.description}`,
      purpose: undefined,
      argsText: row.arguments,
      resultText: row.output,
    })
    const { score } = withDepartures(scan('tool_output', row.output), departures)
    return { ...row, departs: departures.map(({ detector }) => detector), score }
  })
  for (const [kind, part] of Map.groupBy(judged, (row) => row.kind)) {
    const departs = part.filter(({ departs }) => departs.length > 0).length
    const found = part.filter(({ score }) => score >= 0.5).length
    console.log(
      `${kind.padEnd(14)} ${String(part.length).padStart(4)} rows, departures ${departs}, score at or above 0.5 ${found}`,
    )
  }
  for (const row of judged)
    if (row.label === 0 && row.score >= 0.5)
      console.log(`  alarm: ${row.tool} ${row.departs.join()} ${row.score}`)
}
