/** What the thread of a script and the thread that started it say to each other. */

/** Every bound of one script. All of them end it, none of them only slows it. */
export type ScriptLimits = {
  /** Time the script itself may use, waiting for tools not counted. */
  readonly computeMs: number
  /** Time until its end, waiting for tools included. */
  readonly wallMs: number
  readonly memoryBytes: number
  readonly calls: number
  /** Calls running at the same time; more wait. */
  readonly callsAtOnce: number
  /** Of the arguments of all calls together. */
  readonly argumentChars: number
  /** Of the value it returns, as JSON. */
  readonly resultChars: number
  /** Of everything it logs. */
  readonly logChars: number
}

/** Why a script did not return a value. `stopped`: whoever asked is gone, or may no longer ask. */
export type ScriptTrouble =
  | 'script_failed'
  | 'time_limit'
  | 'memory_limit'
  | 'call_limit'
  | 'result_too_large'
  | 'never_settles'
  | 'stopped'

/** `result` is JSON text. `start`: the beginning of a value too large to return. */
export type ScriptEnd =
  | { readonly ok: true; readonly result: string }
  | { readonly ok: false; readonly trouble: ScriptTrouble; readonly message: string; readonly start?: string }

export type ScriptJob = { readonly code: string; readonly limits: ScriptLimits }

export type FromScript =
  | { kind: 'ready' }
  | { kind: 'call'; id: number; tool: string; args: string }
  | { kind: 'log'; line: string }
  | { kind: 'waiting' }
  | { kind: 'end'; end: ScriptEnd }

/** `reply` is the JSON text `{"value":…}` or `{"error":{"message":…,"code":…,"details":…}}`. */
export type ToScript = { id: number; reply: string }

export function troubleWords(trouble: ScriptTrouble, limits: ScriptJob['limits']): string {
  switch (trouble) {
    case 'time_limit':
      return `The script was stopped: it may compute for ${limits.computeMs / 1000} s and take ${limits.wallMs / 1000} s with all waiting. Calls it had already made are done.`
    case 'memory_limit':
      return `The script was stopped: it may use ${Math.round(limits.memoryBytes / 1024 / 1024)} MiB of memory. Handle results in smaller parts.`
    case 'call_limit':
      return `The script was stopped: it may make ${limits.calls} calls, with ${limits.argumentChars} characters of arguments in all. Calls it had already made are done.`
    case 'never_settles':
      return 'The script was stopped: it waits for something that will never happen. Only tools can be waited for; there are no timers and no network.'
    case 'result_too_large':
      return `The script returned more than ${limits.resultChars} characters.`
    case 'stopped':
      return 'The script was stopped from outside.'
    case 'script_failed':
      return 'The script failed.'
    default:
      return trouble satisfies never
  }
}
