import type { Delegations } from '../agent-accounts/agent-accounts.ts'
import type { Connectors } from '../connectors/connectors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { Cleared, Received } from '../kernel/call.ts'
import type { Journal } from '../kernel/entry.ts'
import type { Limits } from '../limits/limits.ts'
import type { Policy } from '../policy/policy.ts'
import type { Tools } from '../tools/tools.ts'
import { audited } from './audited.ts'
import { attachCredential } from './steps/attach-credential.ts'
import { type CallParts, callUpstream } from './steps/call-upstream.ts'
import { checkArguments } from './steps/check-arguments.ts'
import { checkPolicy } from './steps/check-policy.ts'
import { resolveTarget } from './steps/resolve-target.ts'
import { type InputScreen, type OutputScreen, screenInput, screenOutput } from './steps/screen.ts'

export type PipelineParts = CallParts & {
  journal: Journal
  connectors: Connectors
  tools: Tools
  policy: Policy
  limits: Limits
  credentials: Credentials
  agents: { delegations: Pick<Delegations, 'noteLent'> }
  inputScreens: readonly InputScreen[]
  outputScreens: readonly OutputScreen[]
}

/**
 * The whole data path, top to bottom. Read this file first. A caller is authenticated before a Received can exist, and
 * each step takes the type that only the step before it makes: leaving one out, or swapping two, does not compile.
 */
export function buildPipeline(parts: PipelineParts): (call: Received) => Promise<Cleared> {
  const resolve = resolveTarget(parts)
  const validate = checkArguments(parts.tools)
  const permit = checkPolicy(parts.policy)
  const screenIn = screenInput(parts.inputScreens)
  const attach = attachCredential(parts.credentials, parts.agents.delegations.noteLent)
  const call = callUpstream(parts)
  const screenOut = screenOutput(parts.outputScreens)

  return audited(parts.journal, async (received, trail) => {
    const resolved = await resolve(received)
    trail.resolved = resolved
    const release = parts.limits.takeShare(resolved.caller.id, resolved.connector.id)
    try {
      const validated = await validate(resolved)
      const allowed = await permit(validated)
      const screened = await screenIn(allowed)
      const armed = await attach(screened)
      const answered = await call(armed)
      return await screenOut(answered)
    } finally {
      release()
    }
  })
}
