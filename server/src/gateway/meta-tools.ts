/** The two tools of the Runlayer Plugin, in the words models meet (contract.md §3, product.md §6). */
const meta = { type: 'string', description: 'Why you are doing this: the task in your own words.' }

/** As large as a description may usefully be; limits stand in the answer of a script that breaks one. */
const runCodeDescription = `Runs a short JavaScript and returns only what it returns: use it to chain tools, to loop over many items, or to cut large results down before you see them.
tools.NAME(args) calls a tool by the exact name that search_tools gave, as an async function; search with detail "code" for its TypeScript. It resolves to the tool's structured result, or to its text, and rejects with an error that has a code when the tool fails or is not allowed. console.log is returned too. There are no timers, no network, no imports. Example:
const found = await tools.github_list_issues({ repo: 'a/b' })
return found.issues.filter((issue) => issue.comments > 10).map((issue) => issue.title)`

export const searchToolsName = 'search_tools'
export const executeToolName = 'execute_tool'
export const runCodeName = 'run_code'

const searchTools = (details: readonly string[]) => ({
  name: searchToolsName,
  title: 'Search tools',
  description:
    'Finds the tools you may use for a task. Say what you want to do in plain words; each hit carries the exact tool name, its description and its input schema. Leave query out to see what is there. Run a hit with execute_tool.',
  inputSchema: {
    type: 'object',
    properties: {
      meta,
      query: { type: 'string', description: 'The capability you need, in plain words.' },
      top_k: {
        type: 'integer',
        minimum: 1,
        maximum: 10,
        default: 5,
        description: 'How many tools to return.',
      },
      detail: {
        type: 'string',
        enum: details,
        default: 'full',
        description: 'How much each hit says. You need full to run a tool you have not seen before.',
      },
    },
    required: ['meta'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, openWorldHint: false },
})

const executeTool = {
  name: executeToolName,
  title: 'Execute tool',
  description:
    'Runs one tool by the exact name that search_tools returned, with arguments that fit its input schema. Search first; never guess a name.',
  inputSchema: {
    type: 'object',
    properties: {
      meta,
      tool_name: { type: 'string', description: 'The exact name from search_tools.' },
      arguments: {
        type: 'object',
        description: 'Arguments that fit the input schema of the tool; {} if it takes none.',
      },
    },
    required: ['meta', 'tool_name', 'arguments'],
    additionalProperties: false,
  },
  annotations: { destructiveHint: true, openWorldHint: true },
}

const runCode = {
  name: runCodeName,
  title: 'Run code',
  description: runCodeDescription,
  inputSchema: {
    type: 'object',
    properties: {
      meta,
      code: {
        type: 'string',
        description: 'The body of an async function, in plain JavaScript. Return what you need.',
      },
    },
    required: ['meta', 'code'],
    additionalProperties: false,
  },
  annotations: { destructiveHint: true, openWorldHint: true },
}

const standard = ['names', 'summary', 'full']
const plainDefinitions = JSON.stringify([searchTools(standard), executeTool])
const codeDefinitions = JSON.stringify([searchTools([...standard, 'code']), executeTool, runCode])

/** JSON text of the tools array. */
export function metaToolDefinitions(withCode: boolean): string {
  return withCode ? codeDefinitions : plainDefinitions
}
