import type {
  QuickJSContext,
  QuickJSDeferredPromise,
  QuickJSHandle,
  QuickJSRuntime,
  QuickJSWASMModule,
} from 'quickjs-emscripten-core'
import { scriptPrelude } from './script-prelude.ts'
import {
  type FromScript,
  type ScriptEnd,
  type ScriptJob,
  type ScriptTrouble,
  troubleWords,
} from './script-words.ts'

/** Small enough that the engine notices before the thread's own stack ends. */
const stackBytes = 256 * 1024
const jobsAtOnce = 1_000
const maxMessageChars = 2_000
const maxStackLines = 5
/** How much of a value too large to return is shown. */
const startChars = 4_000

type Thrown = { name: string; message: string; stack: string }

/** As the engine says it; a realm too full to say anything means the same. */
const outOfMemory: Thrown = { name: 'InternalError', message: 'out of memory', stack: '' }

/**
 * One script in one isolate. It meets the outside through two functions that take texts; everything it builds stays in
 * the engine's own memory. Ends with exactly one `end`; after that the thread is thrown away.
 */
export class ScriptEngine {
  readonly #job: ScriptJob
  readonly #say: (message: FromScript) => void
  readonly #now: () => number
  readonly #runtime: QuickJSRuntime
  readonly #vm: QuickJSContext
  readonly #encode: QuickJSHandle
  readonly #describe: QuickJSHandle
  readonly #waiting = new Map<number, QuickJSDeferredPromise>()
  #main: QuickJSHandle | undefined
  #calls = 0
  #sent = 0
  #logged = 0
  #usedMs = 0
  #sliceAt = 0
  /** What ended the script from outside of it; the interrupt keeps it from going on. */
  #trouble: ScriptTrouble | undefined
  #ended = false

  constructor(
    engine: QuickJSWASMModule,
    o: { job: ScriptJob; now(): number; say(message: FromScript): void },
  ) {
    this.#job = o.job
    this.#say = o.say
    this.#now = o.now
    this.#runtime = engine.newRuntime()
    this.#runtime.setMemoryLimit(o.job.limits.memoryBytes)
    this.#runtime.setMaxStackSize(stackBytes)
    this.#runtime.setInterruptHandler(() => this.#mustStop())
    this.#vm = this.#runtime.newContext()
    this.#sliceAt = this.#now()
    const { encode, describe } = this.#openRealm()
    this.#encode = encode
    this.#describe = describe
  }

  start(): void {
    this.#slice(() => {
      const made = this.#vm.evalCode(`(async () => {${this.#job.code}\n})()`, 'script.js')
      if (made.error) return this.#failed(this.#read(made.error))
      this.#main = made.value
      return undefined
    })
  }

  answer(id: number, reply: string): void {
    const deferred = this.#waiting.get(id)
    if (deferred === undefined || this.#ended) return
    this.#waiting.delete(id)
    this.#slice(() => {
      this.#vm.newString(reply).consume((text) => deferred.resolve(text))
      return undefined
    })
  }

  #openRealm(): { encode: QuickJSHandle; describe: QuickJSHandle } {
    const vm = this.#vm
    const prelude = vm.unwrapResult(vm.evalCode(scriptPrelude, 'prelude.js'))
    const call = vm.newFunction('call', (tool, args) => this.#call(tool, args))
    const log = vm.newFunction('log', (line) => this.#log(line))
    const made = vm.unwrapResult(vm.callFunction(prelude, vm.undefined, call, log))
    return { encode: vm.getProp(made, 'encode'), describe: vm.getProp(made, 'describe') }
  }

  #call(tool: QuickJSHandle, args: QuickJSHandle): QuickJSHandle {
    if (this.#vm.typeof(tool) !== 'string' || this.#vm.typeof(args) !== 'string') return this.#vm.undefined
    const [name, text] = [this.#vm.getString(tool), this.#vm.getString(args)]
    this.#sent += name.length + text.length
    if (this.#calls >= this.#job.limits.calls || this.#sent > this.#job.limits.argumentChars) {
      this.#trouble ??= 'call_limit'
      return this.#vm.undefined
    }
    const id = ++this.#calls
    const deferred = this.#vm.newPromise()
    this.#waiting.set(id, deferred)
    this.#say({ kind: 'call', id, tool: name, args: text })
    return deferred.handle
  }

  #log(line: QuickJSHandle): void {
    const left = this.#job.limits.logChars - this.#logged
    if (left <= 0 || this.#vm.typeof(line) !== 'string') return
    const text = this.#vm.getString(line)
    this.#logged += text.length + 1
    this.#say({ kind: 'log', line: text.length <= left ? text : `${text.slice(0, left)}… (more was logged)` })
  }

  /** One stretch of running: the given step, then every job that is ready. */
  #slice(step: () => ScriptEnd | undefined): void {
    this.#sliceAt = this.#now()
    const failed = step()
    while (failed === undefined && this.#runtime.hasPendingJob() && !this.#mustStop())
      this.#runtime.executePendingJobs(jobsAtOnce)
    const end = failed ?? this.#reached()
    this.#usedMs += this.#now() - this.#sliceAt
    this.#ended = end !== undefined
    this.#say(end === undefined ? { kind: 'waiting' } : { kind: 'end', end })
  }

  #mustStop(): boolean {
    if (this.#usedMs + this.#now() - this.#sliceAt > this.#job.limits.computeMs)
      this.#trouble ??= 'time_limit'
    return this.#trouble !== undefined
  }

  /** The end, if this is one. */
  #reached(): ScriptEnd | undefined {
    if (this.#trouble !== undefined || this.#main === undefined)
      return this.#stopped(this.#trouble ?? 'script_failed')
    const state = this.#vm.getPromiseState(this.#main)
    if (state.type === 'fulfilled') return this.#returned(state.value)
    if (state.type === 'rejected') return this.#failed(this.#read(state.error))
    return this.#waiting.size === 0 ? this.#stopped('never_settles') : undefined
  }

  #returned(value: QuickJSHandle): ScriptEnd {
    const made = this.#vm.callFunction(this.#encode, this.#vm.undefined, value)
    if (made.error) return this.#failed(this.#read(made.error))
    const result = this.#vm.getString(made.value)
    const most = this.#job.limits.resultChars
    if (result.length <= most) return { ok: true, result }
    return {
      ok: false,
      trouble: 'result_too_large',
      message: `The script returned ${result.length} characters of JSON; at most ${most} are passed on. Return less: pick fields, filter, count.`,
      start: result.slice(0, startChars),
    }
  }

  /** What was thrown, told by the script's own realm; a realm that cannot tell is out of memory or time. */
  #read(thrown: QuickJSHandle): Thrown {
    const told = this.#vm.callFunction(this.#describe, this.#vm.undefined, thrown)
    return told.error ? outOfMemory : readThrown(this.#vm.getString(told.value))
  }

  #failed({ name, message, stack }: Thrown): ScriptEnd {
    if (this.#trouble !== undefined) return this.#stopped(this.#trouble)
    if (name === outOfMemory.name && message === outOfMemory.message) return this.#stopped('memory_limit')
    const where = stack
      .split('\n')
      .filter((line) => line.includes('script.js'))
      .slice(0, maxStackLines)
      .map((line) => line.trim().slice(0, 120))
    const words = `${name === '' ? 'Thrown' : name}: ${message}`.slice(0, maxMessageChars)
    return { ok: false, trouble: 'script_failed', message: [words, ...where].join('\n') }
  }

  #stopped(trouble: ScriptTrouble): ScriptEnd {
    return { ok: false, trouble, message: troubleWords(trouble, this.#job.limits) }
  }
}

/** Scripts may change how their objects become JSON, so nothing is taken for granted. */
function readThrown(text: string): Thrown {
  const unreadable = { name: '', message: 'an error that cannot be shown', stack: '' }
  try {
    const told = JSON.parse(text) as Partial<Record<keyof Thrown, unknown>> | null
    const { name, message, stack } = told ?? {}
    if (typeof name !== 'string' || typeof message !== 'string' || typeof stack !== 'string')
      return unreadable
    return { name, message, stack }
  } catch {
    return unreadable
  }
}
