import type { Allowed, Validated } from '../../kernel/call.ts'
import { GatewayError } from '../../kernel/errors.ts'
import type { Policy } from '../../policy/policy.ts'
import { factsOf } from '../request-facts.ts'
import type { Step } from './step.ts'

/** The same decision function that made the list, now with the validated arguments. */
export function checkPolicy(policy: Pick<Policy, 'decide'>): Step<Validated, Allowed> {
  return (call) => {
    const { kind, name } = askOf(call)
    // A task's arguments were judged when it was started; what is left to ask is whether its tool may still be used.
    const phase = call.method.startsWith('tasks/') ? 'list' : 'call'
    const decision = policy.decide(call.caller, {
      connector: call.connector,
      kind,
      name,
      phase,
      args: call.args,
      facts: factsOf(call),
    })
    if (decision.effect !== 'allow') {
      throw new GatewayError('call-denied', decision.reason, {
        denied: decision,
        data: { rules: decision.rules },
      })
    }
    return { ...call, decision: { ...decision, effect: 'allow' } }
  }
}

function askOf(call: Validated): { kind: 'tool' | 'resource' | 'prompt' | 'server'; name: string } {
  switch (call.target.kind) {
    case 'tool':
      return { kind: 'tool', name: call.target.tool.name }
    case 'resource':
      return { kind: 'resource', name: call.target.uri }
    case 'prompt':
      return { kind: 'prompt', name: call.target.name }
    case 'server':
      return call.name === '' ? { kind: 'server', name: '' } : { kind: 'tool', name: call.name }
    default:
      return call.target satisfies never
  }
}
