/** The two tools of the Runlayer Plugin, in the words models meet (contract.md §3, product.md §6). */
const meta = { type: 'string', description: 'Why you are doing this: the task in your own words.' }

export const searchToolsName = 'search_tools'
export const executeToolName = 'execute_tool'

/** JSON text of the tools array. */
export const metaToolDefinitions = JSON.stringify([
  {
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
          enum: ['names', 'summary', 'full'],
          default: 'full',
          description: 'How much each hit says. You need full to run a tool you have not seen before.',
        },
      },
      required: ['meta'],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  },
  {
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
  },
])
