/** Every bound of the upstream side in one place, each with its reason (R16, R17). */
export type Caps = {
  readonly connectionsPerOrigin: number
  readonly queuedPerOrigin: number
  readonly processesPerPrincipal: number
  readonly sessionsPerPrincipal: number
  readonly processesPerConnector: number
  readonly sessionsPerConnector: number
  readonly sessionIdleMs: number
  readonly verdictMs: number
  readonly openMs: number
  readonly probeStdioMs: number
  readonly tellMs: number
  readonly resumeAttempts: number
  readonly resumeDelayMs: number
  readonly sweepMs: number
}

export const defaultCaps: Caps = {
  // Twice what one person may have running (limits/): nobody's hanging calls keep a connector from everybody else (T37).
  connectionsPerOrigin: 512,
  // What waits behind those sockets; beyond it waiting is longer than any client's patience.
  queuedPerOrigin: 1024,
  // A process costs tens of megabytes.
  processesPerPrincipal: 5,
  processesPerConnector: 50,
  // A session costs about a kilobyte here but state at the upstream; reopening one costs three requests, so a person
  // with many clients must fit.
  sessionsPerPrincipal: 1000,
  sessionsPerConnector: 2000,
  sessionIdleMs: 5 * 60_000,
  // A stale legacy verdict would keep succeeding for ever (protocol.md §1.12).
  verdictMs: 10 * 60_000,
  // A cold `node` on a busy machine needs seconds to say hello.
  openMs: 30_000,
  probeStdioMs: 3000,
  // A notification or a reply has no work behind it.
  tellMs: 10_000,
  // In a row without a new event: then the server is not coming back for this call.
  resumeAttempts: 3,
  resumeDelayMs: 1000,
  sweepMs: 30_000,
}
