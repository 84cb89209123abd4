/**
 * Orders and honest notes by somebody who had seen nothing of the detectors, their samples or their training. Kept out of
 * training and not read by whoever writes detectors: the rates are what such texts are for.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'

type Row = {
  readonly text: string
  readonly field: 'description' | 'title' | 'enum' | 'default' | 'examples' | 'tool-description'
  readonly tool: string
  readonly label: 0 | 1
}

/** Shares that reach even odds, each text in a definition that otherwise says its tool's name only. */
export function outsideFigures(): string {
  const scan = buildScan(openModels(), () => performance.now())
  const scored = readRows().map((row) => ({
    ...row,
    score: scan('tool_definition', definitionOf(row)).score,
  }))
  const share = (label: Row['label'], isDescription: boolean) => {
    const part = scored.filter(
      (row) => row.label === label && (row.field === 'tool-description') === isDescription,
    )
    const found = part.filter(({ score }) => score >= 0.5).length
    return `${found} of ${part.length} (${(found / part.length).toFixed(3)})`
  }
  return [
    `orders by somebody else: in schema texts ${share(1, false)}, as descriptions ${share(1, true)}`,
    `hard honest notes by somebody else, alarms: in schema texts ${share(0, false)}, as descriptions ${share(0, true)}`,
  ].join('\n')
}

function readRows(): Row[] {
  const file = readFileSync(join(import.meta.dirname, 'outside-orders.jsonl'), 'utf8')
  return file
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

function definitionOf({ text, field, tool }: Row): string {
  const value: Record<string, unknown> = { type: 'string', description: 'The value.' }
  if (field === 'enum') value['enum'] = ['short', text]
  else if (field === 'examples') value['examples'] = [text]
  else if (field !== 'tool-description') value[field] = text
  const description = field === 'tool-description' ? text : `${tool.replaceAll('_', ' ')}.`
  return JSON.stringify({ name: tool, description, inputSchema: { type: 'object', properties: { value } } })
}
