import { Worker } from 'node:worker_threads'
import {
  type FromScript,
  type ScriptEnd,
  type ScriptJob,
  type ScriptTrouble,
  type ToScript,
  troubleWords,
} from './script-words.ts'

/** Runs a tool for a script and answers the JSON text of ToScript; a rejection ends the script. */
export type ScriptCall = (tool: string, args: string, signal: AbortSignal) => Promise<string>

export type ScriptReport = {
  readonly end: ScriptEnd
  readonly logs: readonly string[]
  readonly calls: number
  readonly durationMs: number
}

/** Above its own budget, this much may pass before a thread that says nothing is ended. */
const graceMs = 500
const startMs = 10_000
const heapMb = 64
const stackMb = 8
/** The engine itself gave up. */
const brokenWords =
  'The script was stopped: it built something nested too deeply, or needed more memory than it may have.'

/**
 * Runs one script in a thread of its own and always comes to an end: the isolate watches its own time and memory, and
 * the thread is ended from here when it does not answer. Nothing of a script outlives it, running calls included.
 */
export function runScript(job: ScriptJob, call: ScriptCall, signal: AbortSignal): Promise<ScriptReport> {
  return new Promise((resolve) => new ScriptRun(job, call, resolve).begin(signal))
}

class ScriptRun {
  readonly #job: ScriptJob
  readonly #call: ScriptCall
  readonly #resolve: (report: ScriptReport) => void
  readonly #ending = new AbortController()
  readonly #queue: (FromScript & { kind: 'call' })[] = []
  readonly #logs: string[] = []
  readonly #startedAt = performance.now()
  #worker: Worker | undefined
  #running = 0
  /** What the thread was told and has not yet dealt with; its start is the first. */
  #unheard = 1
  #calls = 0
  #wall: NodeJS.Timeout | undefined
  #watch: NodeJS.Timeout | undefined
  #done = false

  constructor(job: ScriptJob, call: ScriptCall, resolve: (report: ScriptReport) => void) {
    this.#job = job
    this.#call = call
    this.#resolve = resolve
  }

  begin(signal: AbortSignal): void {
    const onAbort = () => this.#stop('stopped')
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#ending.signal.addEventListener('abort', () => signal.removeEventListener('abort', onAbort))
    this.#wall = setTimeout(() => this.#stop('time_limit'), this.#job.limits.wallMs)
    this.#expect(startMs)
    const worker = new Worker(new URL('./script-worker.ts', import.meta.url), {
      workerData: this.#job,
      env: {},
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: stackMb },
    })
    this.#worker = worker
    worker.on('message', (message: FromScript) => this.#hear(message))
    worker.on('error', () => this.#stop('memory_limit', brokenWords))
    worker.on('exit', () => this.#stop('stopped'))
  }

  #hear(message: FromScript): void {
    switch (message.kind) {
      case 'ready':
        this.#expect(this.#job.limits.computeMs + graceMs)
        break
      case 'waiting':
        this.#unheard--
        if (this.#unheard === 0) clearTimeout(this.#watch)
        break
      case 'log':
        this.#logs.push(message.line)
        break
      case 'call':
        this.#calls++
        this.#queue.push(message)
        this.#startCalls()
        break
      case 'end':
        this.#finish(message.end)
        break
      default:
        message satisfies never
    }
  }

  #startCalls(): void {
    while (!this.#done && this.#running < this.#job.limits.callsAtOnce) {
      const next = this.#queue.shift()
      if (next === undefined) return
      this.#running++
      this.#call(next.tool, next.args, this.#ending.signal)
        .then(
          (reply) => this.#answer({ id: next.id, reply }),
          (thrown: unknown) => this.#stop('stopped', thrown instanceof Error ? thrown.message : undefined),
        )
        .finally(() => {
          this.#running--
          this.#startCalls()
        })
    }
  }

  #answer(reply: ToScript): void {
    if (this.#done) return
    this.#unheard++
    this.#expect(this.#job.limits.computeMs + graceMs)
    this.#worker?.postMessage(reply)
  }

  /** The thread has to say something before this time is over. */
  #expect(withinMs: number): void {
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => this.#stop('time_limit'), withinMs)
  }

  #stop(trouble: ScriptTrouble, message?: string): void {
    this.#finish({ ok: false, trouble, message: message ?? troubleWords(trouble, this.#job.limits) })
  }

  #finish(end: ScriptEnd): void {
    if (this.#done) return
    this.#done = true
    clearTimeout(this.#wall)
    clearTimeout(this.#watch)
    this.#ending.abort()
    const report = {
      end,
      logs: this.#logs,
      calls: this.#calls,
      durationMs: Math.round(performance.now() - this.#startedAt),
    }
    const ended = this.#worker?.terminate() ?? Promise.resolve(0)
    void ended.finally(() => this.#resolve(report))
  }
}
