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
  /** The part of the material it is left out with; without one, dealt by its text. */
  fold?: number
  content: ContentKind
}
export type Piece = { features: Int32Array; key: number }
export type Read = Row & {
  judged: Judged
  pieces: readonly Piece[]
  whole: Int32Array
  index: number
}

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

/** Origins left out together: each part holds attacks, honest outputs and documents of repositories no other part has. */
const outputParts: Readonly<Record<string, number>> = {
  piarena: 0,
  'docs-deadbits_vigil-llm': 0,
  bipia: 1,
  'docs-NVIDIA_garak': 1,
  injecagent: 2,
  cyberseceval: 2,
  'docs-protectai_llm-guard': 2,
  livemcpbench: 3,
  'docs-anthropics_skills': 3,
  spikee: 4,
  'docs-WithSecureLabs_spikee': 4,
}
const inputParts: Readonly<Record<string, number>> = {
  wildguard: 0,
  giskard: 0,
  garak: 1,
  cyberseceval: 2,
  spikee: 3,
  notinject: 3,
}
export const partCounts = { tool_output: 5, tool_input: 4, tool_definition: 4, skill_file: 5 } as const

const families: readonly (readonly string[])[] = [
  ['hidden-tag-exfil', 'log-all', 'stealth', 'stealth-matched'],
  ['silent-exec', 'shadowing'],
  ['must-first', 'ignore-previous'],
  ['system-tag', 'overt-malicious'],
]

const mixed = (text: string) => {
  let hash = 0x811c9dc5
  for (let at = 0; at < Math.min(text.length, 400); at++)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** Which part a row is left out with. Definitions: attacks by family, honest ones by server. */
export function partOf({ fold, group, kind, text, content, label }: Row): number {
  const count = partCounts[content]
  if (fold !== undefined) return fold % count
  if (content === 'tool_definition') {
    const family = families.findIndex((names) => names.includes(kind))
    return label === 1 && family !== -1 ? family : mixed(group) % count
  }
  const parts = content === 'tool_input' ? inputParts : outputParts
  return parts[group] ?? mixed(text) % count
}

/** What people ask of assistants: as attacks, these stand in data without any trigger word. */
export function queries(folder: string): string[] {
  return ['livemcp', 'mcp-large', 'toolbench', 'bfcl', 'sealtools', 'metatool'].flatMap((set) =>
    lines(join(folder, `retrieval-${set}/dev/queries.jsonl`)).map(({ query }) => String(query)),
  )
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
