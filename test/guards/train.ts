/**
 * Trains the guard models: npm run guard:train -- --data DIR
 * Three minutes on one core, the same bytes for the same data. Without the data nothing is changed.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packModel } from '../../server/src/guards/model/guard-model.ts'
import { packOrders } from '../../server/src/guards/model/order-model.ts'
import { describe } from './figures.ts'
import { fitOrders, leaveOrders, leftOutOrders } from './leave-orders.ts'
import { alignedOdds, calibrated, fitModel, leaveOut, modelNames, readMaterial, rowsOf } from './leave-out.ts'
import { readOrderMaterial } from './order-texts.ts'

const folder = join(import.meta.dirname, '../../server/src/guards/model')
const { values } = parseArgs({ options: { data: { type: 'string', default: '../shared/data' } } })

if (existsSync(join(values.data, 'injection/dev/injection.jsonl'))) train(values.data)
else
  console.error(
    `SKIPPED: no training data under ${values.data}; give the folder with --data DIR. Nothing was changed.`,
  )

function train(data: string): void {
  const material = readMaterial(data)
  const texts = readOrderMaterial(data)
  const leftOrders = leaveOrders(texts)
  const { scores, card: ofKinds } = leaveOut(material, leftOutOrders(texts, leftOrders.even))
  const card = { ...ofKinds, ...leftOrders.card }
  const odds = alignedOdds(scores)
  for (const name of modelNames) {
    const model = fitModel(rowsOf(material, name))
    writeFileSync(
      join(folder, `${name}.bin`),
      packModel(calibrated(model, { name, scored: scores[name], odds: odds[name] })),
    )
  }
  writeFileSync(join(folder, 'order-texts.bin'), packOrders(fitOrders(texts, leftOrders)))
  writeFileSync(join(folder, 'card.json'), `${JSON.stringify(card, null, 1)}\n`)
  for (const [name, figures] of Object.entries(card)) console.log(describe(name, figures))
}
