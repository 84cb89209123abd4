import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './runtime.mjs'

const bin = (path) => join(root, 'node_modules', path)
/** The second look at the same sources takes a tenth of the time. */
const typesOf = (project, name) => [
  bin('typescript/bin/tsc'),
  '-p',
  project,
  '--incremental',
  '--tsBuildInfoFile',
  join(root, '.cache', `${name}.tsbuildinfo`),
]

/** The checks that need no server and no browser, in the order in which a mistake is cheapest to hear of. */
export const staticSteps = [
  {
    name: 'format and lint',
    args: [
      bin('@biomejs/biome/bin/biome'),
      'ci',
      '--colors=off',
      '--max-diagnostics=40',
      '--diagnostic-level=warn',
      '.',
    ],
  },
  { name: 'types', args: typesOf('.', 'server') },
  ...(existsSync(join(root, 'web/tsconfig.json'))
    ? [{ name: 'types of the console', args: typesOf('web', 'web') }]
    : []),
  { name: 'lock file', args: ['tools/check-lock.mjs'] },
  { name: 'unused code', args: [bin('knip/bin/knip.js'), '--no-progress'] },
  { name: 'contract is up to date', args: ['tools/write-contract.ts', '--check'] },
  { name: 'error reference is up to date', args: ['tools/write-errors.ts', '--check'] },
]

export const vitest = bin('vitest/vitest.mjs')
