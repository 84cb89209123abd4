import { spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connectorOf } from '../../../test/support/connector-of.ts'
import { openTestStorage, quietLog, type TestStorage } from '../../../test/support/stores.ts'
import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import type { HostedProcess } from '../kernel/upstream.ts'
import { type HostingParts, openHosting, type ProcessHosting } from './hosting.ts'

// Answers every line with what the process can see, or does what the line asks.
const serverCode = `
import { createInterface } from 'node:readline'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n')
const attempt = (work) => { try { return { ok: work() } } catch (error) { return { error: error.code ?? String(error) } } }
process.stderr.write('ready \\u001b[31mred ' + (process.env.API_KEY ?? '') + '\\n')
createInterface({ input: process.stdin }).on('line', (text) => {
  const { op, arg } = JSON.parse(text)
  if (op === 'env') say(process.env)
  if (op === 'argv') say(process.argv.slice(2))
  if (op === 'uid') say(process.getuid())
  if (op === 'read') say(attempt(() => readFileSync(arg, 'utf8').slice(0, 100)))
  if (op === 'list') say(attempt(() => readdirSync(arg)))
  if (op === 'write') say(attempt(() => writeFileSync(arg, 'written')))
  if (op === 'exit') process.exit(arg)
  if (op === 'crash') process.kill(process.pid, 'SIGKILL')
  if (op === 'flood') process.stdout.write('x'.repeat(arg))
  if (op === 'noise') for (let i = 0; i < arg; i++) process.stderr.write('line ' + i + 'y'.repeat(3000) + '\\n')
  if (op === 'connect') connect(arg, '127.0.0.1').on('connect', function () { say('connected'); this.destroy() }).on('error', (error) => say(error.code))
  if (op === 'stay') { process.stdin.on('end', () => setInterval(() => 0, 1000)); say('staying') }
})
`

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hosting-')))
const script = join(folder, 'shared', 'server.mjs')
let store: TestStorage
let dataDir: string
const opened: ProcessHosting[] = []

beforeAll(async () => {
  mkdirSync(join(folder, 'shared'))
  writeFileSync(script, serverCode)
  store = await openTestStorage('embedded')
})
afterEach(async () => {
  for (const hosting of opened.splice(0)) await hosting.stopAll()
})
afterAll(async () => {
  await store.dispose()
  rmSync(folder, { recursive: true, force: true })
})

async function open(changes: Partial<HostingParts> = {}): Promise<ProcessHosting> {
  dataDir = mkdtempSync(join(folder, 'data-'))
  const hosting = await openHosting({
    dataDir,
    stdioCommands: ['npx', process.execPath],
    unsandboxedStdio: false,
    maxLineBytes: 64 * 1024,
    hostEnvironment: process.env,
    db: store.storage.db,
    now: () => 0,
    log: quietLog,
    ...changes,
  })
  opened.push(hosting)
  return hosting
}

const connector = (changes: Partial<Connector> = {}) =>
  connectorOf({
    name: 'Fixture',
    transport: 'stdio',
    command: process.execPath,
    args: [script],
    mounts: [{ path: join(folder, 'shared'), mode: 'ro' }],
    ...changes,
  })

function credential(of: Connector, env: Record<string, string> = {}): Credential {
  return { owner: 'shared', revision: '1', headers: {}, env, args: of.args }
}

/** Asks the fixture one thing and waits for its line. */
function asker(hosted: HostedProcess): (op: string, arg?: unknown) => Promise<unknown> {
  const waiting: ((line: string) => void)[] = []
  hosted.onLine((line) => waiting.shift()?.(line))
  return (op, arg) =>
    new Promise((resolve) => {
      waiting.push((line) => resolve(JSON.parse(line)))
      hosted.send(JSON.stringify({ op, arg }))
    })
}

const ended = (hosted: HostedProcess) => new Promise<string>((resolve) => hosted.onExit(resolve))

async function run(
  changes: Partial<Connector> = {},
  env: Record<string, string> = {},
  parts: Partial<HostingParts> = {},
) {
  const hosting = await open(parts)
  const hosted = connector(changes)
  const process = await hosting.start(hosted, credential(hosted, env), 'ann')
  return { hosting, hosted, process, ask: asker(process) }
}

describe('inside the sandbox', () => {
  test('a sandbox works on this machine', async () => {
    expect((await open()).sandbox()).toEqual({ kind: 'bubblewrap', reason: undefined })
  })

  test('a process sees only its own values and the few the driver sets', async () => {
    const { ask } = await run({}, { API_KEY: 'k-123456789' })
    const env = (await ask('env')) as Record<string, string>
    expect(Object.keys(env).sort()).toEqual(['API_KEY', 'HOME', 'LANG', 'PATH', 'PWD'])
    expect(env['API_KEY']).toBe('k-123456789')
  })

  test('a process is nobody and finds neither the data folder nor what belongs to the host', async () => {
    const { ask } = await run()
    expect(await ask('uid')).toBe(65534)
    for (const path of [dataDir, '/root', '/etc/shadow', '/var', '/proc/1/root/root']) {
      expect(await ask('list', path), path).toEqual({ error: expect.stringMatching(/ENOENT|ENOTDIR|EACCES/) })
    }
    expect(await ask('write', '/usr/x')).toEqual({ error: 'EROFS' })
  })

  test('a process reaches no network, not even this machine', async () => {
    const { createServer } = await import('node:net')
    const listener = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => listener.once('listening', resolve))
    const address = listener.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const closed = await run()
    expect(await closed.ask('connect', port)).toBe('ECONNREFUSED')
    const open = await run({ network: 'open' })
    expect(await open.ask('connect', port)).toBe('connected')
    listener.close()
  })

  test('a read-only mount cannot be written, a writable one can', async () => {
    const { ask } = await run()
    expect(await ask('write', join(folder, 'shared', 'x'))).toEqual({ error: 'EROFS' })
    const writable = await run({ mounts: [{ path: join(folder, 'shared'), mode: 'rw' }] })
    expect(await writable.ask('write', join(folder, 'shared', 'x'))).toEqual({})
  })

  test('arguments arrive as they are, whatever a shell would make of them', async () => {
    const hostile = ['; touch /tmp/x', '$(id)', '`id`', '"\'', '--', '--bind', '-rf', '| cat', '*', '\\']
    const { ask } = await run({ args: [script, ...hostile] })
    expect(await ask('argv')).toEqual(hostile)
  })

  test('values stand in no argument list of the host', async () => {
    const { ask } = await run({}, { API_KEY: 'only-in-the-environment' })
    await ask('uid')
    const lists = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        } catch {
          return ''
        }
      })
    expect(lists.some((list) => list.includes(script))).toBe(true)
    expect(lists.filter((list) => list.includes('only-in-the-environment'))).toEqual([])
  })
})

describe('the life of a process', () => {
  test('its end is noticed whether it leaves, dies inside or is killed from outside', async () => {
    const leaves = await run()
    leaves.process.send('{"op":"exit","arg":3}')
    expect(await ended(leaves.process)).toBe('exit code 3')
    const dies = await run()
    dies.process.send('{"op":"crash"}')
    expect(await ended(dies.process)).toBe('killed by signal 9')
    const killed = await run()
    process.kill(killed.process.pid, 'SIGKILL')
    expect(await ended(killed.process)).toBe('killed by SIGKILL')
    expect(() => killed.process.send('{}')).toThrow('has ended')
  })

  test('stopping ends a process that ignores the end of its input', async () => {
    const { ask, process } = await run()
    await ask('stay')
    const start = performance.now()
    await process.stop()
    expect(performance.now() - start).toBeLessThan(4_500)
    expect(await ended(process)).toContain('SIGTERM')
  })

  test('a line over the limit ends the process instead of filling memory', async () => {
    const { process, ask } = await run()
    void ask('flood', 1_000_000)
    expect(await ended(process)).toBe('it sent a line longer than this installation accepts')
  })

  test('a message with line ends between its tokens stays one line', async () => {
    const { process } = await run()
    const line = new Promise((resolve) => process.onLine(resolve))
    process.send('{\n"op":\r\n"argv"}')
    expect(await line).toBe('[]')
  })

  test('one person gets five processes, and a sixth only when one ended', async () => {
    const hosting = await open()
    const hosted = connector()
    const start = () => hosting.start(hosted, credential(hosted), 'ann')
    const [first] = await Promise.all([start(), start(), start(), start(), start()])
    await expect(start()).rejects.toMatchObject({ reason: 'busy' })
    await hosting.start(hosted, credential(hosted), 'bob')
    await first.stop()
    await ended(first)
    await start()
  })

  test('stopping a connector leaves the others running', async () => {
    const hosting = await open()
    const [a, b] = [connector(), connector()]
    const [one, other] = await Promise.all([
      hosting.start(a, credential(a), 'ann'),
      hosting.start(b, credential(b), 'ann'),
    ])
    await hosting.stopAll(a.id)
    await ended(one)
    expect(await asker(other)('argv')).toEqual([])
    await hosting.stopAll()
    await expect(hosting.start(b, credential(b), 'ann')).rejects.toMatchObject({ reason: 'stopping' })
  })

  test('stderr is kept bounded, without secrets and without live control characters', async () => {
    const { hosting, hosted, ask, process } = await run({}, { API_KEY: 'k-123456789' })
    await ask('argv')
    await expect.poll(() => hosting.log(hosted.id).join('\n')).toContain('ready \\u{1b}[31mred [hidden]')
    process.send('{"op":"noise","arg":500}')
    await expect.poll(() => hosting.log(hosted.id).at(-1)).toContain('line 499')
    expect(hosting.log(hosted.id)).toHaveLength(200)
    expect(Math.max(...hosting.log(hosted.id).map((line) => line.length))).toBeLessThan(2_200)
  })
})

describe('without a sandbox', () => {
  const none = { kind: 'none', reason: 'No sandbox in this test.' } as const

  test('nothing starts unless the operator said so', async () => {
    const hosting = await open({ findSandbox: async () => none })
    expect(hosting.sandbox()).toEqual(none)
    const hosted = connector()
    await expect(hosting.start(hosted, credential(hosted), 'ann')).rejects.toThrow(
      'RUNLAYER_UNSANDBOXED_STDIO=1',
    )
  })

  test('but what may run bare besides, and nothing else, does', async () => {
    const [chosen, other] = [connector(), connector()]
    const mayRunBare = ({ id }: Connector) => id === chosen.id
    const hosting = await open({ findSandbox: async () => none, mayRunBare })
    await expect(hosting.start(chosen, credential(chosen), 'ann')).resolves.toMatchObject({
      pid: expect.any(Number),
    })
    await expect(hosting.start(other, credential(other), 'ann')).rejects.toThrow('Without a sandbox')
  })

  test('with the setting a process starts with a clean environment, and a warning', async () => {
    const warnings: string[] = []
    const log = { ...quietLog, warn: (_fields: object, message: string) => void warnings.push(message) }
    const { ask } = await run(
      {},
      { API_KEY: 'k' },
      { findSandbox: async () => none, unsandboxedStdio: true, log },
    )
    const env = (await ask('env')) as Record<string, string>
    expect(Object.keys(env).sort()).toEqual(['API_KEY', 'HOME', 'LANG', 'PATH', 'PWD', 'TMPDIR'])
    expect(warnings[0]).toContain('WITHOUT A SANDBOX')
  })
})

describe('a killed server takes its hosted processes with it', () => {
  // A server of its own, killed at once: the worst moment is while the process is still being set up.
  const here = (name: string) => new URL(name, import.meta.url).href
  const serverCode = (kind: string, mark: string) => `
    const { startProcess } = await import('${here('./start-process.ts')}')
    const { findLimiter } = await import('${here('./limit-process.ts')}')
    const { gateCommand } = await import('${here('./gate-command.ts')}')
    const { probeSandbox, wrapInSandbox, writeAccounts } = await import('${here('./sandbox.ts')}')
    const accounts = await writeAccounts('${folder}')
    const limit = await findLimiter()
    const launch = { command: '/bin/sleep', args: ['${mark}'], env: {}, readOnly: [], mounts: [], network: 'none' }
    const { path } = await probeSandbox(accounts)
    const [file, ...args] = gateCommand(launch.command, launch.args)
    const plain = { file, args, env: {}, cwd: '/', fd3: undefined }
    const wrapped = limit('${kind}' === 'none' ? plain : wrapInSandbox(launch, { bwrap: path, accounts }))
    const starting = [1, 2, 3].map(() => startProcess(wrapped, { maxLineBytes: 100, onStderr() {} }))
    console.log('starting')
    await Promise.all(starting)
    console.log('started')
  `
  const running = (mark: string) =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0${mark}\0`)
      } catch {
        return false
      }
    })

  test.each([
    ['bubblewrap', 'starting'],
    ['bubblewrap', 'started'],
    ['none', 'starting'],
    ['none', 'started'],
  ])('sandbox %s, killed when they are %s', async (kind, moment) => {
    const mark = `${600 + Math.random()}`
    const server = spawn(process.execPath, ['--input-type=module', '-e', serverCode(kind, mark)])
    server.stderr.on('data', (chunk) => console.error(String(chunk)))
    let said = ''
    await new Promise<void>((resolve) =>
      server.stdout.on('data', (chunk) => {
        said += chunk
        if (said.includes(`${moment}\n`)) resolve()
      }),
    )
    if (moment === 'started') expect(running(mark).length).toBeGreaterThanOrEqual(3)
    server.kill('SIGKILL')
    await new Promise((resolve) => server.once('exit', resolve))
    await expect.poll(() => running(mark), { timeout: 5_000 }).toEqual([])
  })
})

describe('what may start', () => {
  test('a command that is not on the list of the host is refused, also after the list became narrower', async () => {
    const hosting = await open({ stdioCommands: ['npx'] })
    const hosted = connector()
    await expect(hosting.start(hosted, credential(hosted), 'ann')).rejects.toMatchObject({
      reason: 'hosting-failed',
    })
  })

  test('a package that was never pinned does not start', async () => {
    const hosting = await open()
    const hosted = connector({ command: 'npx', args: ['-y', 'some-package'] })
    await expect(hosting.start(hosted, credential(hosted), 'ann')).rejects.toMatchObject({
      reason: 'hosting-failed',
    })
  })

  test('paths of the system, of the data folder and of known secrets cannot be mounted', async () => {
    const hosting = await open()
    mkdirSync(join(dataDir, 'files'))
    mkdirSync(join(folder, '.ssh'), { recursive: true })
    const link = join(dataDir, 'files', 'way-out')
    symlinkSync('/etc', link)
    const refused = [
      'relative',
      '/',
      '/etc',
      '/etc/ssl',
      '/proc',
      '/usr/share',
      '/root',
      '/var',
      '/hosted',
      dataDir,
      join(dataDir, 'packages'),
      folder,
      join(folder, '.ssh'),
      link,
      '/does/not/exist',
      `${folder}/shared/../shared`,
      `${folder}/shared/`,
    ]
    for (const path of refused) expect(await hosting.checkMount(path), path).toBeTypeOf('string')
    for (const path of [join(folder, 'shared'), join(dataDir, 'files')])
      expect(await hosting.checkMount(path), path).toBeUndefined()
    const hosted = connector({ mounts: [{ path: link, mode: 'ro' }] })
    await expect(hosting.start(hosted, credential(hosted), 'ann')).rejects.toMatchObject({
      reason: 'hosting-failed',
    })
  })
})
