// `npm test`: every check and every test, counted, closing with one line. `--long` runs the heavy bars at full size.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { ensureConsole } from './console-build.mjs'
import { canInstallPackages, ensureInstalled, hasProgram, installPackages } from './installed.mjs'
import { chooseNode, root } from './runtime.mjs'
import { staticSteps, vitest } from './steps.mjs'
import { countedBy, sumOf } from './tally.mjs'

const postgresHome = '/usr/lib/postgresql'
const hasPostgres = () =>
  existsSync(postgresHome) &&
  readdirSync(postgresHome).some((version) => existsSync(join(postgresHome, version, 'bin/postgres')))

/** What tests use besides npm packages: the Debian package, and whether it is here. */
const systemParts = [
  { name: 'postgresql', isHere: hasPostgres },
  { name: 'chromium', isHere: () => hasProgram('chromium') },
  { name: 'openssl', isHere: () => hasProgram('openssl') },
  { name: 'bubblewrap', isHere: () => hasProgram('bwrap') },
  { name: 'glewlwyd', isHere: () => hasProgram('glewlwyd') },
]

/** Programs of their own that close with a line of counts; each runs when it is there. */
const scripts = [{ name: 'bench, short', path: 'test/load/bench.ts', args: ['--short'] }]
const longScripts = [
  { name: 'bench, embedded store', path: 'test/load/bench.ts', args: ['--full'] },
  { name: 'bench, PostgreSQL', path: 'test/load/bench.ts', args: ['--full', '--postgres'] },
  { name: 'bench, with content guards', path: 'test/load/bench.ts', args: ['--full', '--guards'] },
  { name: 'guards on against off', path: 'test/load/guards-bench.ts', args: [] },
  { name: 'access token against API key', path: 'test/load/token-bench.ts', args: [] },
  { name: 'memory after 200,000 calls', path: 'test/bars/memory.ts', args: ['--calls', '200000'] },
]

const long = process.argv.includes('--long')
const spoken = []
const environment = { ...process.env, NO_COLOR: '1', ...(long ? { RUNLAYER_LONG: '1' } : {}) }

function installSystemParts() {
  const missing = systemParts.filter((part) => !part.isHere())
  if (missing.length === 0) return
  const names = missing.map((part) => part.name)
  if (canInstallPackages()) {
    process.stdout.write(`Installing ${names.join(', ')} …\n`)
    installPackages(names)
  }
  for (const part of missing.filter((one) => !one.isHere())) {
    process.stdout.write(
      `SKIPPED what needs ${part.name}: it is not installed (as root on Debian it would be).\n`,
    )
  }
}

function runStep(node, { name, args }) {
  const options = { cwd: root, env: environment, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }
  return new Promise((resolve) => {
    execFile(node, args, options, (error, stdout, stderr) => {
      process.stdout.write(`${error === null ? 'ok    ' : 'FAILED'} ${name}\n`)
      if (error !== null) process.stdout.write(`${stdout}${stderr}\n`)
      resolve({ passed: error === null ? 1 : 0, failed: error === null ? 0 : 1, skipped: 0 })
    })
  })
}

/** Two at a time: most of them use one core. */
async function runSteps(node, steps) {
  const left = [...steps]
  const counts = []
  const lane = async () => {
    for (let step = left.shift(); step !== undefined; step = left.shift())
      counts.push(await runStep(node, step))
  }
  await Promise.all([lane(), lane()])
  return counts
}

/** Every *.test.ts of the project; the reporter's file is what is counted, not the text. */
function runVitest(node) {
  const folder = mkdtempSync(join(tmpdir(), 'runlayer-test-'))
  const report = join(folder, 'report.json')
  try {
    const args = [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const { status } = spawnSync(node, args, { cwd: root, env: environment, stdio: 'inherit' })
    if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 }
    const told = JSON.parse(readFileSync(report, 'utf8'))
    const counted = countedBy(told)
    if (long) spoken.push({ name: 'bars run at full size', text: heavyTests(told).join('\n') })
    for (const name of counted.skippedNames) process.stdout.write(`SKIPPED ${name}\n`)
    // An error outside any test fails the run without failing a test.
    return status !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every test of the files that know a full size, with what became of it and how long it took. */
function heavyTests(told) {
  const heavy = told.testResults.filter(({ name }) => /RUNLAYER_LONG|isLong/.test(readFileSync(name, 'utf8')))
  return heavy.flatMap(({ assertionResults }) =>
    assertionResults.map(
      ({ status, fullName, duration }) => `${status}  ${fullName}  ${((duration ?? 0) / 1000).toFixed(0)} s`,
    ),
  )
}

function runScript(node, { name, path, args }) {
  process.stdout.write(`\n${name}\n`)
  const { status, stdout } = spawnSync(node, [join(root, path), ...args], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  })
  process.stdout.write(stdout ?? '')
  spoken.push({ name, text: (stdout ?? '').trimEnd() })
  const line = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(
    (stdout ?? '').trimEnd().split('\n').at(-1) ?? '',
  )
  if (line === null)
    return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
  const [passed, failed, skipped] = line.slice(1).map(Number)
  return { passed, failed: status === 0 ? failed : Math.max(1, failed), skipped }
}

async function main() {
  if (!ensureInstalled()) return { passed: 0, failed: 1, skipped: 0 }
  const node = chooseNode()
  installSystemParts()
  const counts = await runSteps(node, staticSteps)
  counts.push(
    ensureConsole(node) ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 },
  )
  counts.push(runVitest(node))
  const chosen = long ? longScripts : scripts
  for (const script of chosen.filter(({ path }) => existsSync(join(root, path))))
    counts.push(runScript(node, script))
  return sumOf(counts)
}

/** docs/results/<date>-long.md: what was run, on what, and what it said. */
function writeResults(total, minutes) {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${arch()}`
  const head = `# Long run of ${date}\n\n${machine}; ${minutes.toFixed(0)} minutes.\n\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`
  const parts = spoken.map(({ name, text }) => `\n## ${name}\n\n\`\`\`\n${text}\n\`\`\`\n`)
  mkdirSync(join(root, 'docs/results'), { recursive: true })
  writeFileSync(join(root, `docs/results/${date}-long.md`), head + parts.join(''))
}

const startedAt = Date.now()
let total = { passed: 0, failed: 1, skipped: 0 }
try {
  total = await main()
} catch (error) {
  process.stdout.write(`${error.message}\n`)
}
if (long) writeResults(total, (Date.now() - startedAt) / 60_000)
process.exitCode = total.failed === 0 ? 0 : 1
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
