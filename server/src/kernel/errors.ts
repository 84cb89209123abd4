import type { ScanNote } from './call.ts'
import type { Decision } from './decision.ts'
import { type Fault, type Reason, reasons } from './reasons.ts'

/** One wrong field: where it stands, the rule it broke, and words for a person. */
export type FieldError = { loc: string; rule: string; msg: string }

export type ErrorExtras = {
  cause?: unknown
  errors?: readonly FieldError[]
  /** Facts a client may act on, shown in JSON-RPC `error.data` and problem+json. Never a secret. */
  data?: Record<string, unknown>
  /** The connector at fault, when one is. */
  connector?: string
  /** What guards saw; audit records it, the client is not told: it could repeat the attack. */
  scans?: readonly ScanNote[]
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
  readonly scans: readonly ScanNote[] | undefined

  constructor(reason: Reason, detail: string, extras: ErrorExtras = {}) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.reason = reason
    this.errors = extras.errors
    this.data = extras.data
    this.connector = extras.connector
    this.denied = extras.denied
    this.scans = extras.scans
  }

  get status(): number {
    return reasons[this.reason].status
  }

  get fault(): Fault {
    return reasons[this.reason].fault
  }
}

/** What both front doors say while the database does not answer; the driver's words are for the log. */
export function databaseAway(cause: unknown): GatewayError {
  return new GatewayError('busy', 'The database does not answer in time. Try again in a moment.', {
    cause,
    data: { retry_after_seconds: 1 },
  })
}
