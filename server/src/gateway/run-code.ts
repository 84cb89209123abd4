import type { CodeMode, ScriptReport } from '../code-mode/code-mode.ts'
import type { Exchange } from '../kernel/call.ts'
import type { Journal } from '../kernel/entry.ts'
import {
  elementsOf,
  isObjectText,
  JsonRefusal,
  membersOf,
  objectText,
  refuseAmbiguity,
  stringOf,
} from '../lib/raw-json.ts'
import type { Answer } from './answer-call.ts'
import type { Incoming } from './answer-governed.ts'
import { toGatewayError } from './rpc-text.ts'
import { opening, ruleBroken } from './search-tools.ts'

export type RunCodeParts = { codeMode: Pick<CodeMode, 'run'>; journal: Journal }

const maxCodeChars = 32_768
const maxArgumentDepth = 64
const maxArgumentChars = 1024 * 1024
/** A result larger than this would fill the isolate before the script could look at it. */
const maxReplyChars = 8 * 1024 * 1024
const maxFailuresTold = 20

type Failure = { tool: string; error: string }
type Wish = { meta: string; code: string }

/** The result of run_code as JSON text. `execute` runs one governed call, exactly as execute_tool does. */
export async function runCode(
  parts: RunCodeParts,
  incoming: Incoming,
  execute: (call: Incoming) => Promise<Answer>,
): Promise<string> {
  const wish = readWish(incoming.params.get('arguments'))
  if (typeof wish === 'string') return ruleBroken(wish)
  const { who } = incoming
  const entry = await parts.journal.open(opening('script_executed', who, JSON.stringify(wish)))
  const failures: Failure[] = []
  const tellProgress = progressTeller(incoming)
  try {
    const script = { userId: who.caller.id, code: wish.code, signal: incoming.exchange.signal }
    const report = await parts.codeMode.run(script, async (tool, args, signal) => {
      const reply = await callTool(execute, { incoming, meta: wish.meta, tool, args, signal })
      tellProgress()
      if (reply.failure !== undefined && failures.length < maxFailuresTold)
        failures.push({ tool: tool.slice(0, 128), error: reply.failure })
      return reply.text
    })
    const { end, calls, durationMs } = report
    const summary = JSON.stringify({ calls, failures, duration_ms: durationMs })
    await entry.close({
      action: 'script_executed',
      outcome: end.ok ? 'success' : 'failure',
      result: summary,
      ...(end.ok ? {} : { error: end.trouble, reason: end.message }),
    })
    return resultOf(report, failures)
  } catch (thrown) {
    await entry.close({ action: 'script_executed', outcome: 'failure', error: toGatewayError(thrown).reason })
    throw thrown
  }
}

function readWish(text: string | undefined): Wish | string {
  const args = isObjectText(text) ? membersOf(text) : new Map<string, string>()
  const meta = stringOf(args.get('meta'))
  if (meta === undefined || meta.trim() === '') return 'meta is required: say in a sentence why you run this'
  const code = stringOf(args.get('code'))
  if (code === undefined || code.length > maxCodeChars)
    return `code is required: JavaScript of at most ${maxCodeChars} characters`
  return { meta, code }
}

/** Clients give up on a call that says nothing for a minute, so each finished call of a script is told. */
function progressTeller({ params, exchange }: Incoming): () => void {
  const meta = params.get('_meta')
  const token = isObjectText(meta) ? membersOf(meta).get('progressToken') : undefined
  let done = 0
  return () => {
    done++
    if (token !== undefined)
      exchange.notify('notifications/progress', `{"progressToken":${token},"progress":${done}}`)
  }
}

type ToolCall = { incoming: Incoming; meta: string; tool: string; args: string; signal: AbortSignal }
type ToolReply = { text: string; failure: string | undefined }

/** One call of a script: who asks is proved again, and the call takes the path of any other. */
async function callTool(execute: (call: Incoming) => Promise<Answer>, call: ToolCall): Promise<ToolReply> {
  const { incoming, meta, tool, args, signal } = call
  const wrong = argumentTrouble(args)
  if (wrong !== undefined) return refusal(wrong, 'arguments-invalid')
  const caller = await incoming.reauthenticate()
  // Nobody can be asked back while a script runs, so the call is that of a client without abilities.
  const client = {
    ...incoming.who.client,
    era: 'legacy' as const,
    protocolVersion: '2025-11-25',
    capabilities: {},
  }
  const exchange: Exchange = {
    signal,
    notify: () => undefined,
    ask: () => Promise.resolve({ error: '{"code":-32601,"message":"a script cannot be asked"}' }),
  }
  const wished: [string, string][] = [
    ['meta', JSON.stringify(meta)],
    ['tool_name', JSON.stringify(tool)],
    ['arguments', args],
  ]
  const answer = await execute({
    ...incoming,
    who: { ...incoming.who, caller, client },
    params: new Map([['arguments', objectText(wished)]]),
    exchange,
  }).catch((thrown: unknown): Answer => {
    const error = toGatewayError(thrown)
    return { error: { code: 0, message: error.message, data: JSON.stringify({ reason: error.reason }) } }
  })
  return replyOf(answer)
}

/** What is sent is read like any request: no member twice, no __proto__, no endless nesting (T20). */
function argumentTrouble(args: string): string | undefined {
  if (args.length > maxArgumentChars) return `Arguments may have at most ${maxArgumentChars} characters.`
  if (!isObjectText(args)) return 'A tool takes one object, such as tools.name({ id: 1 }).'
  try {
    refuseAmbiguity(args, maxArgumentDepth)
    return undefined
  } catch (thrown) {
    if (thrown instanceof JsonRefusal) return `The arguments were refused: ${thrown.message}.`
    throw thrown
  }
}

function refusal(message: string, code: string, details = '{}'): ToolReply {
  const error: [string, string][] = [
    ['message', JSON.stringify(message)],
    ['code', JSON.stringify(code)],
    ['details', details],
  ]
  return { text: `{"error":${objectText(error)}}`, failure: code }
}

/** What a script gets of an answer: the structured content, else the text, else the content as it is. */
function replyOf(answer: Answer): ToolReply {
  if ('error' in answer) return refusal(answer.error.message, 'tool_error', answer.error.data)
  if (answer.result.length > maxReplyChars)
    return refusal(`The result has more than ${maxReplyChars} characters.`, 'result_too_large')
  const members = membersOf(answer.result)
  const structured = members.get('structuredContent')
  const text = textOf(members.get('content') ?? '[]')
  if (members.get('isError') === 'true') {
    const code = isObjectText(structured) ? stringOf(membersOf(structured).get('error')) : undefined
    return refusal(text ?? 'The tool failed.', code ?? 'tool_error', structured)
  }
  const value = structured ?? (text === undefined ? members.get('content') : JSON.stringify(text)) ?? 'null'
  return { text: `{"value":${value}}`, failure: undefined }
}

/** The text blocks in one; undefined when there are others. */
function textOf(content: string): string | undefined {
  const texts = elementsOf(content).map((block) => {
    const members = isObjectText(block) ? membersOf(block) : new Map<string, string>()
    return members.get('type') === '"text"' ? stringOf(members.get('text')) : undefined
  })
  return texts.every((text) => text !== undefined) ? texts.join('\n') : undefined
}

function resultOf({ end, logs, calls, durationMs }: ScriptReport, failures: readonly Failure[]): string {
  const facts: [string, string][] = end.ok
    ? [['result', end.result]]
    : [
        ['error', JSON.stringify(end.trouble)],
        ['message', JSON.stringify(end.message)],
        ...(end.start === undefined ? [] : [['start', JSON.stringify(end.start)] as [string, string]]),
      ]
  if (logs.length > 0) facts.push(['logs', JSON.stringify(logs)])
  facts.push(['calls', String(calls)], ['duration_ms', String(durationMs)])
  if (failures.length > 0) facts.push(['failed_calls', JSON.stringify(failures)])
  const text = objectText(facts)
  const members: [string, string][] = [
    ['content', `[{"type":"text","text":${JSON.stringify(text)}}]`],
    ['structuredContent', text],
    ...(end.ok ? [] : [['isError', 'true'] as [string, string]]),
  ]
  return objectText(members)
}
