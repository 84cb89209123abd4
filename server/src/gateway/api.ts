import { z } from 'zod'
import type { Cleared, Received } from '../kernel/call.ts'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type ServerId } from '../kernel/ids.ts'
import { type RequestContext, type Route, route } from '../kernel/route.ts'
import { objectText } from '../lib/raw-json.ts'

const Trial = z
  .strictObject({ name: z.string().min(1).max(256), arguments: z.record(z.string(), z.json()).default({}) })
  .meta({ id: 'ToolTrial' })
const TrialResult = z
  .object({
    result: z.json().describe('The result of the tool, as an AI client would get it'),
    request_id: z.string(),
    correlation_id: z.string().describe('Finds the audit entry of this call'),
  })
  .meta({ id: 'ToolTrialResult' })

export type GatewayRoutesParts = { run(call: Received): Promise<Cleared>; now: () => number }

/** What the console's try-it runs: one call through the same pipeline as any other, as the person who is signed in. */
export function gatewayRoutes(parts: GatewayRoutesParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/servers/{id}/tools/try',
      operationId: 'tryTool',
      summary: 'Run one tool as yourself, through the same checks as any call',
      tag: 'Tools',
      needs: 'anyone',
      audit: { action: 'tool_tried', resourceType: 'server' },
      params: z.object({ id: z.string() }),
      body: Trial,
      output: TrialResult,
      status: 200,
      async run(context, { params, body }) {
        if (!isUuid(params.id)) throw new GatewayError('not-found', 'There is no connector with this id.')
        const args = JSON.stringify(body.arguments)
        context.record({ resourceId: params.id })
        const done = await parts.run(
          trialCall(parts, context, { serverId: params.id as ServerId, name: body.name, args }),
        )
        return { result: resultOf(done), request_id: context.requestId, correlation_id: context.requestId }
      },
    }),
  ]
}

function trialCall(
  parts: GatewayRoutesParts,
  context: RequestContext,
  trial: { serverId: ServerId; name: string; args: string },
): Received {
  return {
    requestId: context.requestId,
    correlationId: context.requestId,
    receivedAt: parts.now(),
    caller: context.caller,
    endpoint: { kind: 'connector', serverId: trial.serverId },
    method: 'tools/call',
    name: trial.name,
    params: new Map([
      ['name', JSON.stringify(trial.name)],
      ['arguments', trial.args],
    ]),
    // A legacy client without abilities: nothing can be asked back of somebody who filled in a form.
    client: {
      era: 'legacy',
      protocolVersion: '2025-11-25',
      name: 'console',
      version: undefined,
      capabilities: {},
      sessionKey: undefined,
      logLevel: undefined,
    },
    peer: { ip: context.ip, userAgent: context.userAgent },
    exchange: {
      signal: context.signal,
      notify: () => undefined,
      ask: () => Promise.resolve({ error: '{"code":-32601,"message":"not offered"}' }),
    },
    via: undefined,
    meta: undefined,
    resume: undefined,
    mirrors: undefined,
  }
}

function resultOf(done: Cleared): z.input<typeof TrialResult>['result'] {
  if (done.reply.kind === 'result')
    return JSON.parse(done.reply.text === '' ? objectText(done.reply.members) : done.reply.text)
  if (done.reply.kind === 'error') {
    throw new GatewayError('upstream-failed', `The connector answered: ${done.reply.message.slice(0, 500)}`, {
      connector: done.connector.name,
    })
  }
  throw new GatewayError(
    'capability-missing',
    'This tool asks back while it runs, which only an AI client can answer.',
  )
}
