// `npm run check`: what must hold before a commit, stopping at the first failure.
import { spawnSync } from 'node:child_process'
import { ensureInstalled } from './installed.mjs'
import { chooseNode, root } from './runtime.mjs'
import { staticSteps, vitest } from './steps.mjs'

/** Tests that start databases again and again take minutes; they run in `npm test`. */
const slow = [
  '**/*.slow.test.ts',
  'server/src/storage/**',
  'server/src/credentials/keyring.test.ts',
  'cli/src/commands/*.test.ts',
]

const steps = [
  ...staticSteps,
  {
    name: 'unit tests',
    args: [
      vitest,
      'run',
      'server',
      'cli',
      'tools',
      'contract',
      '--reporter=dot',
      ...slow.map((pattern) => `--exclude=${pattern}`),
    ],
  },
]

function main() {
  if (!ensureInstalled()) return 1
  const node = chooseNode()
  for (const { name, args } of steps) {
    const startedAt = Date.now()
    const { status, stdout, stderr } = spawnSync(node, args, {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1' },
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
    process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`)
    if (status !== 0) {
      process.stdout.write(`${stdout}${stderr}\n`)
      return 1
    }
  }
  return 0
}

process.exitCode = main()
