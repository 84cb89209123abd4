/** Rows of the data sets, read the way the product reads contents. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contentLeaves } from '../../server/src/guards/content-leaves.ts'
import { definitionLeaves } from '../../server/src/guards/definition-leaves.ts'
import type { ContentKind, Leaf } from '../../server/src/guards/finding.ts'
import { type Judged, judgeLeaves } from '../../server/src/guards/judge-leaves.ts'
import { FeatureReader } from '../../server/src/guards/model/read-features.ts'

export type Row = {
  text: string
  label: 0 | 1
  kind: string
  source: string
  group: string
  host?: string
  content: ContentKind
}
export type Piece = { features: Int32Array; key: number }
export type Read = Row & { judged: Judged; pieces: readonly Piece[]; whole: Int32Array; index: number }

const lines = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** Rows a person sends are input; what tools and documents hold is output. */
const asInput = new Set(['direct', 'direct-multilingual', 'jailbreak', 'benign-prompt', 'hard-negative'])

/** The origin: rows of one repository share templates, so they are left out together. */
const groupOf = (source: string) =>
  source.startsWith('docs-') ? source : (source.split('/')[0] ?? source).replace(/-.*$/, '')

export function injectionRows(folder: string): Row[] {
  return lines(join(folder, 'injection/dev/injection.jsonl')).map((row) => {
    const { text, label, kind, source } = row as { text: string; label: 0 | 1; kind: string; source: string }
    return {
      text,
      label,
      kind,
      source,
      group: groupOf(source),
      content: asInput.has(kind) ? 'tool_input' : 'tool_output',
    }
  })
}

export function toolRows(folder: string): Row[] {
  return lines(join(folder, 'tools/dev/tools.jsonl')).map((row) => {
    const { name, description, inputSchema, label, attack, source } = row as {
      name: string
      description: string
      inputSchema: unknown
      label: 0 | 1
      attack: string
      source: string
    }
    const text = JSON.stringify({ name, description, inputSchema })
    const [origin = '', server = ''] = source.replace('synthetic-on-', '').split('/')
    return {
      text,
      label,
      kind: attack,
      source,
      group: label === 1 ? attack : origin === 'toucan' ? server : origin,
      content: 'tool_definition',
    }
  })
}

/** Other benign rows: user requests and definitions of the search sets. Used for training, never for figures. */
export function benignExtras(folder: string, take: number): Row[] {
  const out: Row[] = []
  for (const set of ['livemcp', 'mcp-large', 'toolbench', 'bfcl', 'sealtools', 'metatool']) {
    const queries = lines(join(folder, `retrieval-${set}/dev/queries.jsonl`))
    const step = Math.max(1, Math.floor(queries.length / take))
    for (let at = 0; at < queries.length; at += step)
      out.push({
        text: String(queries[at]?.['query']),
        label: 0,
        kind: 'extra-prompt',
        source: `queries-${set}`,
        group: `queries-${set}`,
        content: 'tool_input',
      })
    const tools = lines(join(folder, `retrieval-${set}/corpus.jsonl`))
    const every = Math.max(1, Math.floor(tools.length / take))
    for (let at = 0; at < tools.length; at += every) {
      const { name, description, inputSchema } = (tools[at] ?? {}) as {
        name?: string
        description?: string
        inputSchema?: unknown
      }
      out.push({
        text: JSON.stringify({ name, description, inputSchema }),
        label: 0,
        kind: 'extra-definition',
        source: `tools-${set}`,
        group: `tools-${set}`,
        content: 'tool_definition',
      })
    }
  }
  return out
}

const leavesFor = (row: Row): Leaf[] =>
  row.content === 'tool_definition' ? definitionLeaves(row.text) : contentLeaves(row.text)

/** Every row as rules and features, once for all folds. */
export function readRows(rows: readonly Row[]): Read[] {
  const reader = new FeatureReader()
  return rows.map((row, index) => {
    const judged = judgeLeaves(row.content, leavesFor(row))
    const pieces: Piece[] = []
    for (const text of judged.texts) {
      reader.read(text, (features, count) => {
        const copy = features.slice(0, count)
        pieces.push({
          features: copy,
          key: copy.reduce((hash, feature) => Math.imul(hash ^ feature, 0x01000193), 7),
        })
      })
    }
    const whole = new Int32Array(pieces.reduce((sum, { features }) => sum + features.length, 0))
    let at = 0
    for (const { features } of pieces) {
      whole.set(features, at)
      at += features.length
    }
    return { ...row, judged, pieces, whole, index }
  })
}
