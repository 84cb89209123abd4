import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plant, type RankerFile, runTrees, type Trees } from './search-ranker.ts'

/** As one reads them: from each root down to a leaf. */
function walk({ roots, features, borders, lefts, rights, leaves }: Trees, inputs: Float32Array): number {
  let sum = 0
  for (const root of roots) {
    let place = root
    while (place >= 0) {
      const isLeft = (inputs[features[place] as number] as number) <= Math.fround(borders[place] as number)
      place = (isLeft ? lefts[place] : rights[place]) as number
    }
    sum += Math.fround(leaves[-1 - place] as number)
  }
  return sum
}

type Node = { feature: number; border: number; left: Node; right: Node } | number
const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.double({ noNaN: true, min: -3, max: 3 }),
    fc.record({
      feature: fc.nat(3),
      // Few different ones, so that some are equal and some are met exactly.
      border: fc.integer({ min: -3, max: 3 }).map((at) => at / 2),
      left: tie('node'),
      right: tie('node'),
    }),
  ),
}))

function treesOf(nodes: readonly Node[]): Trees {
  const trees: Trees = { roots: [], features: [], borders: [], lefts: [], rights: [], leaves: [] }
  const put = (each: Node): number => {
    if (typeof each === 'number') return -trees.leaves.push(each)
    const place = trees.features.push(each.feature) - 1
    trees.borders.push(each.border)
    trees.lefts.push(0)
    trees.rights.push(0)
    trees.lefts[place] = put(each.left)
    trees.rights[place] = put(each.right)
    return place
  }
  trees.roots.push(...nodes.map(put))
  return trees
}

const value = fc.oneof(
  fc.integer({ min: -4, max: 4 }).map((at) => at / 2),
  fc.float(),
  fc.constantFrom(Number.NaN, -0),
)

test('trees by their questions say to the last bit what walking down each of them says', () => {
  const rows = fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(node, { maxLength: 8 }), rows, (nodes, inputs) => {
      const trees = treesOf(nodes)
      const forest = plant(trees, 4)
      for (const [at, row] of inputs.entries()) {
        const before = Float32Array.from([...inputs.slice(0, at).flat(), ...row])
        expect(runTrees(forest, before, at * 4)).toBe(walk(trees, Float32Array.from(row)))
      }
    }),
    { numRuns: 300 },
  )
})

test('so do those that were learned', () => {
  const text = readFileSync(new URL('./search-ranker.json', import.meta.url), 'utf8')
  const { fit } = JSON.parse(text) as RankerFile
  const count = fit.net.straight.length
  const forest = plant(fit.trees, count)
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -2, max: 4 }), { minLength: count, maxLength: count }),
      (row) => {
        const inputs = Float32Array.from(row)
        expect(runTrees(forest, inputs, 0)).toBe(walk(fit.trees, inputs))
      },
    ),
  )
})

test('a tree of 32 leaves is read, one of more is refused', () => {
  const chain = (leaves: number): Node =>
    leaves === 1 ? 1 : { feature: 0, border: -leaves, left: leaves / 64, right: chain(leaves - 1) }
  const trees = treesOf([chain(32)])
  for (const at of [-40, -32, -17.5, -3, -2, 0]) {
    const row = Float32Array.from([at])
    expect(runTrees(plant(trees, 1), row, 0)).toBe(walk(trees, row))
  }
  expect(() => plant(treesOf([chain(33)]), 1)).toThrow('more than 32 leaves')
})
