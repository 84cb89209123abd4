/** Honest definitions of all sets, for the model of orders. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { definitionLeaves, wordsOf } from '../../server/src/guards/definition-leaves.ts'
import { isLabel, partOfLeaf } from '../../server/src/guards/find-orders.ts'
import { type Around, stemsOf } from '../../server/src/guards/model/order-features.ts'
import { aroundLeaves } from '../../server/src/guards/order-context.ts'
import { foldOf, piecesOf, type Text } from './order-pieces.ts'

export type Honest = {
  readonly fold: number
  readonly set: string
  readonly texts: readonly Text[]
  /** What it speaks of, what its description does, and words of its name and its parameters. */
  readonly said: ReadonlySet<string>
  readonly description: ReadonlySet<string>
  readonly words: readonly string[]
  /** The same texts, in a definition that says nothing else but its name; of every other definition. */
  readonly thin: readonly Text[]
}

type Line = {
  server?: string
  name: string
  description: string
  inputSchema: unknown
  label?: number
  attack?: string
  source?: string
}
const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

const corpora = ['livemcp', 'mcp-large', 'toolbench', 'bfcl', 'sealtools', 'metatool']

/** Honest definitions of all sets, each once; a server is left out with all its tools. Twins of attacks are not among them. */
export function readHonest(data: string): Honest[] {
  const seen = new Set<string>()
  let count = 0
  const of = (set: string, server: string, { name, description, inputSchema }: Line): Honest[] => {
    const text = JSON.stringify({ name, description, inputSchema })
    if (seen.has(text)) return []
    seen.add(text)
    const leaves = definitionLeaves(text)
    const around = aroundLeaves(leaves)
    const read = (places: readonly (Around | undefined)[]) =>
      leaves.flatMap((leaf, at) => {
        const place = places[at]
        if (place === undefined || isLabel(leaf)) return []
        return [{ part: partOfLeaf(leaf), pieces: piecesOf(leaf.text, place) }]
      })
    const names = stemsOf(wordsOf(name))
    const alone = leaves.map((leaf) => ({
      field: leaf.name,
      knows: (stem: string) => names.has(stem),
      size: names.size,
    }))
    const said = stemsOf(leaves.map((leaf) => leaf.text).join(' '))
    const words = wordsOf([name, ...parameters(inputSchema)].join(' '))
      .toLowerCase()
      .match(/[a-z]{3,}/g)
    return [
      {
        fold: foldOf(server),
        set,
        texts: read(around),
        thin: count++ % 2 === 0 ? read(alone) : [],
        said,
        description: stemsOf(description ?? ''),
        words: [...new Set(words ?? [])],
      },
    ]
  }
  return [
    ...corpora.flatMap((set) =>
      lines(join(data, `retrieval-${set}/corpus.jsonl`)).flatMap((line) =>
        of(set, line.server || line.name, line),
      ),
    ),
    ...lines(join(data, 'tools/dev/tools.jsonl'))
      .filter(({ label, attack }) => label === 0 && attack !== 'none-matched')
      .flatMap((line) => of(`tools ${line.attack}`, line.source ?? '', line)),
  ]
}

const parameters = (schema: unknown) =>
  Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})
