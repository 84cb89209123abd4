import type { PolicyId } from './ids.ts'

/** The answer of policy, with the rules that made it, so that every refusal can name its rule. */
export type Decision =
  | { effect: 'allow'; rules: readonly (PolicyId | `builtin:${string}`)[]; reason: string }
  | { effect: 'require_approval'; rules: readonly (PolicyId | `builtin:${string}`)[]; reason: string }
  | { effect: 'deny'; rules: readonly (PolicyId | `builtin:${string}`)[]; reason: string }
