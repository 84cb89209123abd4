import type { Resolved, Validated } from '../../kernel/call.ts'
import { GatewayError } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import type { PinnedTool } from '../../kernel/tool.ts'
import { isObjectText } from '../../lib/raw-json.ts'
import type { Tools } from '../../tools/tools.ts'
import { decodeHeaderValue } from '../header-values.ts'
import type { Step } from './step.ts'

/** Checks a tool call's arguments against the pinned schema, and the headers that mirror them against the arguments. */
export function checkArguments(
  tools: Pick<Tools, 'checkArguments' | 'paramHeaders'>,
): Step<Resolved, Validated> {
  return (call) => {
    if (call.target.kind !== 'tool') return { ...call, args: undefined, argsText: undefined }
    const argsText = call.params.get('arguments') ?? '{}'
    if (!isObjectText(argsText))
      throw new GatewayError('arguments-invalid', 'arguments must be an object', {
        errors: [{ loc: 'arguments', rule: 'type', msg: 'must be an object' }],
      })
    const args = JSON.parse(argsText) as Json
    if (!call.connector.skipInputValidation) refuseInvalid(tools, call.target.tool, args)
    if (call.mirrors !== undefined) checkMirrors(call.mirrors, tools.paramHeaders(call.target.tool, args))
    return { ...call, args, argsText }
  }
}

function refuseInvalid(tools: Pick<Tools, 'checkArguments'>, tool: PinnedTool, args: Json): void {
  const errors = tools.checkArguments(tool, args)
  if (errors === undefined || errors.length === 0) return
  const words = errors.slice(0, 5).map((error) => `${error.loc}: ${error.msg}`)
  throw new GatewayError('arguments-invalid', `Invalid arguments for ${tool.name}: ${words.join('; ')}`, {
    errors,
  })
}

/** SEP-2243: each mirrored argument must stand in its header with the same value; integers compare as numbers. */
function checkMirrors(
  sent: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const header = sent[name.toLowerCase()]
    if (header === undefined) throw new GatewayError('header-mismatch', `the header ${name} is missing`)
    const said = decodeHeaderValue(header)
    const meant = decodeHeaderValue(value)
    if (
      said === undefined ||
      (said !== meant && !(isInteger(meant) && isInteger(said) && Number(said) === Number(meant)))
    ) {
      throw new GatewayError('header-mismatch', `the header ${name} does not match the argument it mirrors`)
    }
  }
  for (const name of Object.keys(sent)) {
    if (!Object.keys(expected).some((known) => known.toLowerCase() === name))
      throw new GatewayError('header-mismatch', `the header ${name} mirrors no argument of this call`)
  }
}

function isInteger(text: string | undefined): boolean {
  return text !== undefined && /^-?\d+(\.0+)?$/.test(text)
}
