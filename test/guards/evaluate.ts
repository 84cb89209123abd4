/**
 * Figures of the guards against the committed card: npm run guard:eval -- --data DIR
 * With data, every score comes from a model that saw nothing of the row's origin or family. Without it, the committed
 * models score the project's own writing, which they were trained on: that only shows that nothing broke.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'
import { compareCards, describe, type Figures } from './figures.ts'
import { leaveOrders, leftOutOrders } from './leave-orders.ts'
import { leaveOut, readMaterial } from './leave-out.ts'
import { readOrderMaterial } from './order-texts.ts'
import { outsideFigures } from './outside-orders.ts'
import { rows as ownRows } from './own.ts'
import { ownFigures } from './own-figures.ts'
import { injectionRows, type Row } from './rows.ts'
import { honestTools, ownTools, schemaFigures } from './schema-figures.ts'

const { values } = parseArgs({ options: { data: { type: 'string', default: '../shared/data' } } })
const hasData = existsSync(join(values.data, 'injection/dev/injection.jsonl'))

if (!hasData) console.error(`No data under ${values.data}: only the project's own writing is scored.`)
const card = hasData ? leftOutFigures(values.data) : ownFigures()
for (const [name, figures] of Object.entries(card)) console.log(describe(name, figures))
if (hasData) {
  const file = join(import.meta.dirname, '../../server/src/guards/model/card.json')
  console.log(
    `\nagainst the card\n${compareCards(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Figures>, card)}`,
  )
}
console.log(schemaFigures(hasData ? honestTools(values.data) : ownTools()))
console.log(outsideFigures())
console.log(latency(hasData ? injectionRows(values.data) : ownRows()))

function leftOutFigures(data: string): Record<string, Figures> {
  const material = readOrderMaterial(data)
  const orders = leaveOrders(material)
  return { ...leaveOut(readMaterial(data), leftOutOrders(material, orders.even)).card, ...orders.card }
}

/** Milliseconds per KB of scans as the product makes them, after a warm-up. */
function latency(rows: readonly Row[]): string {
  const scan = buildScan(openModels(), () => performance.now())
  const part = rows.slice(0, 1_500)
  for (const { content, text } of part) scan(content, text)
  const each = part.map(({ content, text }) => ({ ms: scan(content, text).durationMs, size: text.length }))
  const perKb =
    (each.reduce((sum, { ms }) => sum + ms, 0) / each.reduce((sum, { size }) => sum + size, 0)) * 1_024
  const sorted = each.map(({ ms, size }) => (ms / size) * 1_024).sort((one, other) => one - other)
  return `\nlatency: ${perKb.toFixed(3)} ms per KB, 95 of 100 texts under ${(sorted[Math.floor(sorted.length * 0.95)] ?? 0).toFixed(3)} ms per KB`
}
