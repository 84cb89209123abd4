import type { JsonObject } from '../kernel/json.ts'

/** Why a tool is hard to find by words. */
export type Problem =
  | 'no_description'
  | 'short_description'
  | 'empty_name'
  | 'undescribed_parameters'
  | 'shared_description'
  | 'missing_words'

export type ToolText = {
  readonly name: string
  readonly description: string
  readonly connector: string
  readonly inputSchema: JsonObject
  /** Another tool of the connector says exactly the same of itself. */
  readonly isShared: boolean
  /** Words of searches that ended with this tool and did not show it. */
  readonly missingWords: readonly string[]
}
export type Advice = { readonly problems: readonly Problem[]; readonly suggestion: string | undefined }

/** Names made of these alone say nothing about what the tool is for. */
const emptyWords = new Set([
  ...[
    'run',
    'execute',
    'exec',
    'call',
    'invoke',
    'do',
    'get',
    'set',
    'query',
    'request',
    'process',
    'handle',
  ],
  ...['tool', 'function', 'action', 'command', 'api', 'data', 'item', 'main', 'default', 'test', 'fn', 'op'],
])
const fewWords = 5
const maxListed = 6

/** Judges what a tool says of itself; a suggestion is made when something is wrong, from what is known for certain. */
export function adviseTool(tool: ToolText): Advice {
  const problems = [...problemsOf(tool)]
  return { problems, suggestion: problems.length === 0 ? undefined : suggestionFor(tool) }
}

function* problemsOf(tool: ToolText): Generator<Problem> {
  const words = tool.description.trim().split(/\s+/u).filter(Boolean)
  if (words.length === 0 || squeezed(tool.description) === squeezed(tool.name)) yield 'no_description'
  // Scripts without spaces say much in one "word".
  else if (words.length < fewWords && tool.description.length < 30) yield 'short_description'
  if (nameWords(tool.name).every((word) => emptyWords.has(word))) yield 'empty_name'
  const parameters = parametersOf(tool.inputSchema)
  const silent = parameters.filter(({ description }) => description === '')
  if (parameters.length > 1 && silent.length * 2 > parameters.length) yield 'undescribed_parameters'
  if (tool.isShared) yield 'shared_description'
  if (tool.missingWords.length > 0) yield 'missing_words'
}

function suggestionFor({ name, description, connector, inputSchema, missingWords }: ToolText): string {
  const names = parametersOf(inputSchema).map((parameter) => parameter.name)
  const said = description.trim().replace(/[.。]?$/u, '')
  const says = said === '' || squeezed(said) === squeezed(name) ? firstUpper(nameWords(name).join(' ')) : said
  const sentences = [says.includes(connector) ? `${says}.` : `${says} in ${connector}.`]
  if (names.length > 0) sentences.push(`Takes ${listed(names)}.`)
  if (missingWords.length > 0)
    sentences.push(`People also say: ${missingWords.slice(0, maxListed).join(', ')}.`)
  return sentences.join(' ')
}

type Parameter = { name: string; description: string }

function parametersOf(schema: JsonObject): Parameter[] {
  const properties = schema['properties']
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return []
  return Object.entries(properties).map(([name, value]) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const description =
      isObject && typeof value['description'] === 'string' ? value['description'].trim() : ''
    return { name, description }
  })
}

function nameWords(name: string): string[] {
  return name
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase())
}

function squeezed(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}

function firstUpper(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, maxListed)
  if (names.length > maxListed) return `${shown.join(', ')} and more`
  return shown.length === 1 ? `${shown[0]}` : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
