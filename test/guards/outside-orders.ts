/**
 * Orders and honest notes by somebody who had seen nothing of the detectors, their samples or their training. Kept out of
 * training and not read by whoever writes detectors: the rates are what such texts are for.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'
import { redTeamRows, definitionOf as wholeOf, writtenOutputs } from './written-texts.ts'

type Row = {
  readonly text: string
  readonly field: 'description' | 'title' | 'enum' | 'default' | 'examples' | 'tool-description'
  readonly tool: string
  readonly label: 0 | 1
}

type Judged = { readonly label: 0 | 1; readonly isDescription: boolean; readonly definition: string }

/**
 * Shares that reach even odds. The first writer's texts stand in definitions that otherwise say their tool's name only, the red
 * team's in the definitions they were written for.
 */
export function outsideFigures(): string {
  const first = readRows().map((row) => ({
    label: row.label,
    isDescription: row.field === 'tool-description',
    definition: definitionOf(row),
  }))
  const redTeam = redTeamRows().map((row) => ({
    label: row.label,
    isDescription: row.field === 'tool',
    definition: wholeOf(row),
  }))
  return [...figuresOf('somebody else', first), ...figuresOf('a red team', redTeam), answersHeld()].join('\n')
}

function answersHeld(): string {
  const scan = buildScan(openModels(), () => performance.now())
  const answers = writtenOutputs()
  const alarms = answers.filter((text) => scan('tool_output', text).score >= 0.5).length
  return `honest answers by somebody else, alarms: ${alarms} of ${answers.length} (${(alarms / answers.length).toFixed(3)})`
}

function figuresOf(writer: string, rows: readonly Judged[]): string[] {
  const scan = buildScan(openModels(), () => performance.now())
  const scored = rows.map((row) => ({ ...row, score: scan('tool_definition', row.definition).score }))
  const share = (label: Judged['label'], isDescription: boolean) => {
    const part = scored.filter((row) => row.label === label && row.isDescription === isDescription)
    const found = part.filter(({ score }) => score >= 0.5).length
    return `${found} of ${part.length} (${(found / part.length).toFixed(3)})`
  }
  return [
    `orders by ${writer}: in schema texts ${share(1, false)}, as descriptions ${share(1, true)}`,
    `hard honest notes by ${writer}, alarms: in schema texts ${share(0, false)}, as descriptions ${share(0, true)}`,
  ]
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
