import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContentKind } from '../finding.ts'
import { type GuardModel, unpackModel } from './guard-model.ts'
import { type OrderModel, unpackOrders } from './order-model.ts'

export type Models = Readonly<Record<ContentKind, GuardModel> & { orders: OrderModel }>

/** Reads the models that stand beside this file. Throws when one is missing or broken: the installation is. */
export function openModels(): Models {
  const file = (name: string) => readFileSync(join(import.meta.dirname, `${name}.bin`))
  const read = (name: string) => unpackModel(file(name))
  const output = read('tool-output')
  return {
    tool_output: output,
    skill_file: output,
    tool_input: read('tool-input'),
    tool_definition: read('tool-definition'),
    orders: unpackOrders(file('order-texts')),
  }
}
