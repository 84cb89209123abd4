import { reasonWords } from './reason-words.ts'

/** Who has to act when a request fails (R30). */
export type Fault = 'client' | 'policy' | 'gateway' | 'upstream'

/**
 * Every way a request may fail. The reason is API: clients branch on it, so never rename one.
 * `status` is REST's, `rpc` the JSON-RPC code on MCP endpoints.
 */
const codes = {
  unauthenticated: { status: 401, fault: 'client', rpc: -31001 },
  'key-proof-refused': { status: 401, fault: 'client', rpc: -31058 },
  'key-proof-nonce': { status: 401, fault: 'client', rpc: -31059 },
  'scope-missing': { status: 403, fault: 'client', rpc: -31060 },
  'sign-in-refused': { status: 401, fault: 'client', rpc: -31051 },
  'second-factor-required': { status: 401, fault: 'client', rpc: -31052 },
  'sign-in-again': { status: 403, fault: 'client', rpc: -31053 },
  'sso-refused': { status: 401, fault: 'client', rpc: -31054 },
  'sso-no-account': { status: 403, fault: 'policy', rpc: -31055 },
  'sso-required': { status: 403, fault: 'policy', rpc: -31056 },
  'provider-failed': { status: 502, fault: 'upstream', rpc: -31057 },
  'not-allowed': { status: 403, fault: 'policy', rpc: -31003 },
  'origin-refused': { status: 403, fault: 'client', rpc: -31004 },
  'host-refused': { status: 403, fault: 'client', rpc: -31005 },
  'csrf-refused': { status: 403, fault: 'client', rpc: -31006 },
  'redirect-blocked': { status: 403, fault: 'policy', rpc: -31061 },
  'redirect-unknown': { status: 403, fault: 'policy', rpc: -31062 },
  'not-found': { status: 404, fault: 'client', rpc: -31007 },
  'method-not-allowed': { status: 405, fault: 'client', rpc: -31008 },
  conflict: { status: 409, fault: 'client', rpc: -31009 },
  'body-too-large': { status: 413, fault: 'client', rpc: -31010 },
  'unsupported-media': { status: 415, fault: 'client', rpc: -31011 },
  'invalid-field': { status: 422, fault: 'client', rpc: -32602 },
  'unreadable-json': { status: 400, fault: 'client', rpc: -32700 },
  'invalid-request': { status: 400, fault: 'client', rpc: -32600 },
  'method-unknown': { status: 404, fault: 'client', rpc: -32601 },
  'invalid-params': { status: 400, fault: 'client', rpc: -32602 },
  'header-mismatch': { status: 400, fault: 'client', rpc: -32020 },
  'capability-missing': { status: 400, fault: 'client', rpc: -32021 },
  'version-unsupported': { status: 400, fault: 'client', rpc: -32022 },
  'session-unknown': { status: 404, fault: 'client', rpc: -31012 },
  'state-refused': { status: 400, fault: 'client', rpc: -32602 },
  'tool-unknown': { status: 404, fault: 'client', rpc: -32602 },
  'resource-unknown': { status: 404, fault: 'client', rpc: -32602 },
  'prompt-unknown': { status: 404, fault: 'client', rpc: -32602 },
  'task-unknown': { status: 404, fault: 'client', rpc: -32602 },
  'arguments-invalid': { status: 422, fault: 'client', rpc: -32602 },
  'call-denied': { status: 403, fault: 'policy', rpc: -31020 },
  'content-blocked': { status: 403, fault: 'policy', rpc: -31023 },
  'rate-limited': { status: 429, fault: 'policy', rpc: -31021 },
  'needs-connection': { status: 409, fault: 'client', rpc: -31022 },
  'upstream-unreachable': { status: 502, fault: 'upstream', rpc: -31030 },
  'upstream-timeout': { status: 504, fault: 'upstream', rpc: -31031 },
  'upstream-failed': { status: 502, fault: 'upstream', rpc: -31032 },
  'upstream-malformed': { status: 502, fault: 'upstream', rpc: -31033 },
  'upstream-too-large': { status: 502, fault: 'upstream', rpc: -31034 },
  'upstream-refused': { status: 502, fault: 'upstream', rpc: -31035 },
  'address-refused': { status: 422, fault: 'client', rpc: -31036 },
  'hosting-failed': { status: 502, fault: 'upstream', rpc: -31037 },
  busy: { status: 503, fault: 'gateway', rpc: -31040 },
  'call-lost': { status: 503, fault: 'gateway', rpc: -31041 },
  'audit-unavailable': { status: 503, fault: 'gateway', rpc: -31042 },
  'secret-unavailable': { status: 503, fault: 'gateway', rpc: -31044 },
  'not-finished': { status: 503, fault: 'gateway', rpc: -31045 },
  stopping: { status: 503, fault: 'gateway', rpc: -31043 },
  internal: { status: 500, fault: 'gateway', rpc: -32603 },
} as const satisfies Record<keyof typeof reasonWords, { status: number; fault: Fault; rpc: number }>

export type Reason = keyof typeof codes
export type ReasonRow = { status: number; fault: Fault; rpc: number; title: string; next: string }

/** The whole table; docs/errors.md is generated from it. */
export const reasons: Readonly<Record<Reason, ReasonRow>> = Object.fromEntries(
  (Object.keys(codes) as Reason[]).map((reason) => [reason, { ...codes[reason], ...reasonWords[reason] }]),
) as Record<Reason, ReasonRow>
