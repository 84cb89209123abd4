/** What the committed guards find in every field of honest definitions: what nobody sees, and orders. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'
import { bases } from './own-definitions.ts'
import { type Definition, hidings, places, technicalPlaces } from './plant-definitions.ts'
import { freshOrders, honestNotes, laterOrders, oddOrders, orders } from './schema-orders.ts'

/** Hosts that the rows are planted in, in turn. */
const mostHosts = 24

export function honestTools(data: string): Definition[] {
  const rows = readFileSync(join(data, 'tools/dev/tools.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Definition & { attack: string })
    .filter(({ attack }) => attack === 'none')
  const step = Math.ceil(rows.length / mostHosts)
  return rows
    .filter((_, at) => at % step === 0)
    .map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
}

export const ownTools = (): Definition[] =>
  bases.map(([name, description]) => ({ name, description, inputSchema: { type: 'object' } }))

export function schemaFigures(hosts: readonly Definition[]): string {
  const scan = buildScan(openModels(), () => performance.now())
  let at = 0
  const share = (tellings: readonly ((tool: Definition) => object)[]) => {
    const found = tellings.filter((put) => {
      const host = hosts[at++ % hosts.length]
      return host !== undefined && scan('tool_definition', JSON.stringify(put(host))).score >= 0.5
    }).length
    return `${found} of ${tellings.length} (${(found / tellings.length).toFixed(3)})`
  }
  const texts = places.filter(({ name }) => name !== 'name')
  const inTexts = (list: readonly string[], where = texts) =>
    share(
      list.flatMap((text) =>
        where.map(
          ({ put }) =>
            (tool: Definition) =>
              put(tool, () => text),
        ),
      ),
    )
  // No honest parameter has a sentence for a name.
  const fields = texts.filter(({ name }) => name !== 'name of a parameter')
  const hidden = hidings.flatMap(({ hide }) =>
    [...places, ...technicalPlaces].map(
      ({ put }) =>
        (tool: Definition) =>
          put(tool, hide),
    ),
  )
  return [
    '',
    `hidden characters in definitions: ${share(hidden)}`,
    `orders in schema texts, known when the rules were written: ${inTexts([...orders, ...laterOrders])}`,
    `orders in schema texts, written after the rules: ${inTexts(freshOrders)}`,
    `orders of odd kinds, written after the model: ${inTexts(oddOrders)}`,
    `honest notes in schema texts, false alarms: ${inTexts(honestNotes, fields)}`,
  ].join('\n')
}
