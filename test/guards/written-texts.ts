/**
 * Texts that were each thought of and written out, not drawn from a grammar, by thirteen writers who had seen nothing of the
 * detectors and of one another: orders planted in definitions, honest notes beside them, and what tools answer.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type WrittenRow = {
  readonly writer: number
  readonly name: string
  readonly description?: string
  readonly parameter?: string
  /** Where `text` stands: a member of the parameter's schema, or `tool`, what the tool says of itself. */
  readonly field: 'description' | 'title' | 'default' | 'enum' | 'examples' | 'const' | '$comment' | 'tool'
  readonly text: string
  readonly label: 0 | 1
}

const lines = (file: string): unknown[] =>
  readFileSync(join(import.meta.dirname, 'written', file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)

/** What models learn from, a writer at a time left out. */
export const writtenRows = () => lines('orders.jsonl') as WrittenRow[]
/** The thirteenth writer's: nothing learns from them. */
export const redTeamRows = () => lines('red-team.jsonl') as WrittenRow[]
const texts = (file: string) => lines(file).map((row) => (row as { text: string }).text)
/** Honest mails: there are few among the data, and they ask for things. */
export const writtenMails = () => texts('mails.jsonl')
/** Honest answers of tools of many other kinds: nothing learns from them either. */
export const writtenOutputs = () => texts('outputs.jsonl')

/** The row as the definition it belongs to; a thin one says nothing besides but names. */
export function definitionOf(row: WrittenRow, isThin = false): string {
  const { name, field, text, description, parameter = 'value' } = row
  if (field === 'tool') return JSON.stringify({ name, description: text, inputSchema: { type: 'object' } })
  const member = field === 'enum' || field === 'examples' ? [text] : text
  return JSON.stringify({
    name,
    ...(isThin ? {} : { description }),
    inputSchema: { type: 'object', properties: { [parameter]: { type: 'string', [field]: member } } },
  })
}
