import type { Decision } from './decision.ts'

/** Who has to act when a request fails (R30). */
export type Fault = 'client' | 'policy' | 'gateway' | 'upstream'

type ReasonRow = { status: number; fault: Fault; rpc: number; title: string; next: string }

/**
 * Every way a request may fail. The reason is API: clients branch on it, so never rename one.
 * `status` is REST's, `rpc` the JSON-RPC code on MCP endpoints. docs/errors.md is generated from this table.
 */
export const reasons = {
  unauthenticated: {
    status: 401,
    fault: 'client',
    rpc: -31001,
    title: 'A valid credential is needed',
    next: 'Send an API key that is active.',
  },
  'not-allowed': {
    status: 403,
    fault: 'policy',
    rpc: -31003,
    title: 'Your role does not allow this',
    next: 'Ask an administrator for the role that has this capability.',
  },
  'origin-refused': {
    status: 403,
    fault: 'client',
    rpc: -31004,
    title: 'This origin may not call the server',
    next: 'Call from the configured public URL.',
  },
  'host-refused': {
    status: 403,
    fault: 'client',
    rpc: -31005,
    title: 'This host name is not served here',
    next: 'Use the configured public URL.',
  },
  'csrf-refused': {
    status: 403,
    fault: 'client',
    rpc: -31006,
    title: 'The request did not come from the console',
    next: 'Reload the console and try again.',
  },
  'not-found': {
    status: 404,
    fault: 'client',
    rpc: -31007,
    title: 'No such thing',
    next: 'Check the id; it may have been deleted or is not visible to you.',
  },
  'method-not-allowed': {
    status: 405,
    fault: 'client',
    rpc: -31008,
    title: 'This method is not offered here',
    next: 'See the API reference for the methods of this path.',
  },
  conflict: {
    status: 409,
    fault: 'client',
    rpc: -31009,
    title: 'This would clash with what exists',
    next: 'Read the current state and send the change again.',
  },
  'body-too-large': {
    status: 413,
    fault: 'client',
    rpc: -31010,
    title: 'The request body is too large',
    next: 'Send a smaller body.',
  },
  'unsupported-media': {
    status: 415,
    fault: 'client',
    rpc: -31011,
    title: 'The content type is not supported',
    next: 'Send application/json.',
  },
  'invalid-field': {
    status: 422,
    fault: 'client',
    rpc: -32602,
    title: 'A field is not valid',
    next: 'Correct the fields named in errors.',
  },
  'unreadable-json': {
    status: 400,
    fault: 'client',
    rpc: -32700,
    title: 'The body is not readable JSON',
    next: 'Send one well-formed JSON value without duplicate keys.',
  },
  'invalid-request': {
    status: 400,
    fault: 'client',
    rpc: -32600,
    title: 'The message is not a valid JSON-RPC request',
    next: 'Correct the message.',
  },
  'method-unknown': {
    status: 404,
    fault: 'client',
    rpc: -32601,
    title: 'Unknown method',
    next: 'Use a method that the server advertised.',
  },
  'invalid-params': {
    status: 400,
    fault: 'client',
    rpc: -32602,
    title: 'The parameters are not valid',
    next: 'Correct the parameters.',
  },
  'header-mismatch': {
    status: 400,
    fault: 'client',
    rpc: -32020,
    title: 'A header contradicts the body',
    next: 'Send Mcp-* headers that mirror the body.',
  },
  'capability-missing': {
    status: 400,
    fault: 'client',
    rpc: -32021,
    title: 'The client lacks a capability this call needs',
    next: 'Declare the capability or use another client.',
  },
  'version-unsupported': {
    status: 400,
    fault: 'client',
    rpc: -32022,
    title: 'This protocol version is not supported',
    next: 'Use one of the supported versions.',
  },
  'session-unknown': {
    status: 404,
    fault: 'client',
    rpc: -31012,
    title: 'Unknown or ended MCP session',
    next: 'Initialize again.',
  },
  'state-refused': {
    status: 400,
    fault: 'client',
    rpc: -32602,
    title: 'The request state is not valid',
    next: 'Call again from the start.',
  },
  'tool-unknown': {
    status: 404,
    fault: 'client',
    rpc: -32602,
    title: 'Unknown tool',
    next: 'List or search the tools you may use.',
  },
  'resource-unknown': {
    status: 404,
    fault: 'client',
    rpc: -32602,
    title: 'Unknown resource',
    next: 'List the resources you may read.',
  },
  'prompt-unknown': {
    status: 404,
    fault: 'client',
    rpc: -32602,
    title: 'Unknown prompt',
    next: 'List the prompts you may use.',
  },
  'arguments-invalid': {
    status: 422,
    fault: 'client',
    rpc: -32602,
    title: 'The arguments do not fit the tool',
    next: 'Correct the arguments to match the input schema.',
  },
  'call-denied': {
    status: 403,
    fault: 'policy',
    rpc: -31020,
    title: 'Policy denied this call',
    next: 'Ask an administrator for access, naming the rule.',
  },
  'rate-limited': {
    status: 429,
    fault: 'policy',
    rpc: -31021,
    title: 'Too many requests',
    next: 'Wait and try again.',
  },
  'needs-connection': {
    status: 409,
    fault: 'client',
    rpc: -31022,
    title: 'Your own values for this connector are missing',
    next: 'Open the connector in the console and connect it.',
  },
  'upstream-unreachable': {
    status: 502,
    fault: 'upstream',
    rpc: -31030,
    title: 'The connector could not be reached',
    next: 'Try again later; an administrator can look at the connector health.',
  },
  'upstream-timeout': {
    status: 504,
    fault: 'upstream',
    rpc: -31031,
    title: 'The connector did not answer in time',
    next: 'Try again later or ask for less.',
  },
  'upstream-failed': {
    status: 502,
    fault: 'upstream',
    rpc: -31032,
    title: 'The connector answered with an error',
    next: 'An administrator can look at the connector health.',
  },
  'upstream-malformed': {
    status: 502,
    fault: 'upstream',
    rpc: -31033,
    title: 'The connector sent something that is not MCP',
    next: 'Report it to the owner of the connector.',
  },
  'upstream-too-large': {
    status: 502,
    fault: 'upstream',
    rpc: -31034,
    title: 'The answer of the connector is too large',
    next: 'Ask for less.',
  },
  'upstream-refused': {
    status: 502,
    fault: 'upstream',
    rpc: -31035,
    title: 'The connector refused our credential',
    next: 'Check the credential of the connector.',
  },
  'address-refused': {
    status: 422,
    fault: 'client',
    rpc: -31036,
    title: 'This address may not be reached',
    next: 'Use a public address or ask the operator to allow the network.',
  },
  'hosting-failed': {
    status: 502,
    fault: 'upstream',
    rpc: -31037,
    title: 'The hosted server could not be started',
    next: 'Look at the log of the connector.',
  },
  busy: {
    status: 503,
    fault: 'gateway',
    rpc: -31040,
    title: 'A limit of this installation is reached',
    next: 'Try again in a moment.',
  },
  'call-lost': {
    status: 503,
    fault: 'gateway',
    rpc: -31041,
    title: 'The waiting call is no longer here',
    next: 'Call again from the start.',
  },
  'audit-unavailable': {
    status: 503,
    fault: 'gateway',
    rpc: -31042,
    title: 'The call could not be recorded, so it did not run',
    next: 'Try again; an administrator should look at the disk.',
  },
  stopping: {
    status: 503,
    fault: 'gateway',
    rpc: -31043,
    title: 'The server is shutting down',
    next: 'Try again in a moment.',
  },
  internal: {
    status: 500,
    fault: 'gateway',
    rpc: -32603,
    title: 'Something went wrong in the gateway',
    next: 'Try again; give the request id to your administrator.',
  },
} as const satisfies Record<string, ReasonRow>

export type Reason = keyof typeof reasons

/** One wrong field: where it stands, the rule it broke, and words for a person. */
export type FieldError = { loc: string; rule: string; msg: string }

export type ErrorExtras = {
  cause?: unknown
  errors?: readonly FieldError[]
  /** Facts a client may act on, shown in JSON-RPC `error.data` and problem+json. Never a secret. */
  data?: Record<string, unknown>
  /** The connector at fault, when one is. */
  connector?: string
  /** The decision behind a refusal that must look like ignorance to the caller; audit records it. */
  denied?: Decision
}

/** The one error of the product. `message` is safe to show; secrets and upstream bodies go to `cause` and the log. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly reason: Reason
  readonly errors: readonly FieldError[] | undefined
  readonly data: Record<string, unknown> | undefined
  readonly connector: string | undefined
  readonly denied: Decision | undefined

  constructor(reason: Reason, detail: string, extras: ErrorExtras = {}) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.reason = reason
    this.errors = extras.errors
    this.data = extras.data
    this.connector = extras.connector
    this.denied = extras.denied
  }

  get status(): number {
    return reasons[this.reason].status
  }

  get fault(): Fault {
    return reasons[this.reason].fault
  }
}
