import { parentPort } from 'node:worker_threads'
import { openModels } from './model/open-models.ts'
import type { LongScanAnswer, LongScanRequest } from './scan-aside.ts'
import { buildScan } from './scan-content.ts'

/** Scans long texts beside the main thread, one at a time, until its port is closed. */
const scan = buildScan(openModels(), () => performance.now())
parentPort?.on('message', ({ id, kind, text }: LongScanRequest) => {
  let answer: LongScanAnswer
  try {
    answer = { id, result: scan(kind, text) }
  } catch (error) {
    answer = { id, failure: String(error) }
  }
  parentPort?.postMessage(answer)
})
