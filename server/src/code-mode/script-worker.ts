import { parentPort, workerData } from 'node:worker_threads'
import quickjs from '@jitl/quickjs-wasmfile-release-sync'
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSSyncVariant } from 'quickjs-emscripten-core'
import { ScriptEngine } from './script-engine.ts'
import type { FromScript, ScriptJob, ToScript } from './script-words.ts'

/** Every JavaScript engine of this kind has it, but the types of the language alone do not. */
declare const WebAssembly: { Memory: new (size: { initial: number; maximum: number }) => object }

const pageBytes = 65_536
/** What the engine needs of its memory for itself, whatever the script may have. */
const ownPages = 512

/** Runs the one script it was started with. Its memory is a WebAssembly memory with an end of its own. */
async function runOne(job: ScriptJob): Promise<void> {
  const most = ownPages + Math.ceil(job.limits.memoryBytes / pageBytes)
  const wasmMemory = new WebAssembly.Memory({ initial: 256, maximum: most })
  // The package describes its CommonJS build, but this imports the other one.
  const variant = quickjs as unknown as QuickJSSyncVariant
  const engine = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmMemory }))
  const say = (message: FromScript) => parentPort?.postMessage(message)
  const script = new ScriptEngine(engine, { job, now: () => performance.now(), say })
  parentPort?.on('message', ({ id, reply }: ToScript) => script.answer(id, reply))
  say({ kind: 'ready' })
  script.start()
}

await runOne(workerData as ScriptJob)
