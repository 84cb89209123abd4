import type { Json, JsonObject } from '../kernel/json.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { stemsOf } from './split-words.ts'

/** What is known about the connector a tool comes from. */
export type ServerText = { readonly name: string; readonly slug: string; readonly description: string }

/** The parts of a tool that a query can meet, with how much a meeting there counts and how long the part usually is. */
const fields = {
  name: { weight: 4, usual: 3, slack: 0.4 },
  server: { weight: 1.2, usual: 2, slack: 0.3 },
  description: { weight: 1, usual: 14, slack: 0.6 },
  parameters: { weight: 0.6, usual: 6, slack: 0.6 },
  details: { weight: 0.4, usual: 24, slack: 0.7 },
} as const
export type Field = keyof typeof fields

/** Longer texts are cut: a definition may be 256 KiB, and what it is about stands at its beginning. */
const maxFieldWords = 400

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type SchemaWords = { names: string[]; texts: string[]; left: number }

function textOf(parameter: JsonObject): string {
  const { description, enum: values } = parameter
  const named = Array.isArray(values) ? values.slice(0, 20).filter((value) => typeof value === 'string') : []
  return [typeof description === 'string' ? description : '', ...named].join(' ')
}

/** Names, descriptions and enum values of parameters, also of nested ones. */
function collect(schema: Json | undefined, depth: number, words: SchemaWords): void {
  if (!isObject(schema) || depth > 4 || words.left <= 0) return
  const properties = schema['properties']
  if (isObject(properties)) {
    for (const [name, below] of Object.entries(properties)) {
      if (--words.left < 0) return
      words.names.push(name)
      if (!isObject(below)) continue
      words.texts.push(textOf(below))
      collect(below, depth + 1, words)
    }
  }
  collect(schema['items'], depth + 1, words)
}

function wordsOf(text: string): string[] {
  return stemsOf(text.slice(0, 8_000)).slice(0, maxFieldWords)
}

/** The words of a tool, field by field. */
export function fieldWords(tool: PinnedTool, server: ServerText): Record<Field, string[]> {
  const schema: SchemaWords = { names: [], texts: [], left: 200 }
  collect(tool.inputSchema, 0, schema)
  return {
    name: wordsOf(`${tool.name} ${tool.title ?? ''}`),
    server: wordsOf(`${server.name} ${server.slug}`),
    description: wordsOf(tool.description),
    parameters: wordsOf(schema.names.join(' ')),
    details: wordsOf(schema.texts.join(' ')),
  }
}

export type Description = {
  /**
   * How strongly each word stands for the tool: term frequencies over all fields, weighted and corrected for length
   * (BM25F, Robertson and Zaragoza 2009 §3.3). Usual lengths are fixed, so that a tool's figures never depend on others.
   */
  readonly strengths: ReadonlyMap<string, number>
  readonly nameWords: ReadonlySet<string>
  /** The words that give the tool its direction. */
  readonly all: readonly string[]
}

/** What the index keeps of a tool. */
export function describeTool(tool: PinnedTool, server: ServerText): Description {
  const strengths = new Map<string, number>()
  const byField = fieldWords(tool, server)
  for (const [field, words] of Object.entries(byField) as [Field, string[]][]) {
    const { weight, usual, slack } = fields[field]
    const each = weight / (1 - slack + slack * (words.length / usual))
    for (const word of words) strengths.set(word, (strengths.get(word) ?? 0) + each)
  }
  return { strengths, nameWords: new Set(byField.name), all: directionWords(byField) }
}

/** Training and search must agree on these. */
export function directionWords(byField: Readonly<Record<Field, readonly string[]>>): string[] {
  const { name, server, description, parameters, details } = byField
  return [...name, ...server, ...description, ...parameters, ...details.slice(0, 40)]
}
