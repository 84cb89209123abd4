import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SlowFirst } from './test/support/slow-first.ts'

export default defineConfig({
  test: {
    include: [
      'server/src/**/*.test.ts',
      'cli/**/*.test.ts',
      'test/**/*.test.ts',
      'tools/**/*.test.ts',
      'contract/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['./test/support/postgres.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As the server is started (tools/runtime.mjs), and as its tests are (test/support/server.ts).
    execArgv: [
      `--import=${pathToFileURL(join(import.meta.dirname, 'tools/quick-resolve.mjs'))}`,
      '--wasm-tiering-budget=200000000',
    ],
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
  },
})
