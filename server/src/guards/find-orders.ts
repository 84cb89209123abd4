import type { Finding, Leaf } from './finding.ts'
import { excerptOf } from './mask-excerpt.ts'
import type { OrderModel, OrderReader } from './model/order-model.ts'
import { normalise } from './normalise.ts'
import { aroundLeaves } from './order-context.ts'

/** What was learned tells and holds; it never blocks by itself. */
const mostWeight = 0.9

/** What a tool says of itself is written like an order ("Delete a page") far more often than what its schema says. */
export const partOfLeaf = ({ name, path }: Leaf): keyof OrderModel =>
  name === 'description' && path === 'description' ? 'description' : 'schema'

/** Names and short titles are a verb and what it is done to, in honest tools too. */
export const isLabel = ({ name, path, text }: Leaf) =>
  path === 'name' || (name === 'title' && !/(?:\S+\s+){4}\S/.test(text.slice(0, 400)))

/** The text of a definition that reads most like an order to whoever reads it, when it is more likely one than not. */
export function findOrder(leaves: readonly Leaf[], reader: OrderReader): Finding | undefined {
  let found: Finding | undefined
  const around = aroundLeaves(leaves)
  for (const [at, leaf] of leaves.entries()) {
    const place = around[at]
    if (place === undefined || isLabel(leaf)) continue
    const { text } = normalise(leaf.text)
    const { odds, from, to } = reader.score(text, partOfLeaf(leaf), place)
    if (odds < 0) continue
    const weight = Math.min(mostWeight, 1 / (1 + Math.exp(-odds)))
    if (weight <= (found?.weight ?? 0)) continue
    found = {
      detector: 'learned-order',
      scanner: 'definitions',
      category: 'tool-poisoning',
      reason: 'The text reads like an order to the model, not like a description of a tool or a value.',
      path: leaf.path,
      excerpt: excerptOf(text, { at: from, length: to - from }),
      weight,
      through: undefined,
    }
  }
  return found
}
