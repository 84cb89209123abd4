import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkNode } from './checks/check-node.ts'
import type { Finding } from './checks/finding.ts'
import { runCommand } from './main.ts'

let folder: string
let server: Server
let port: number
let asked: { method: string | undefined; url: string | undefined; key: unknown }[]
let answer: { status: number; body: string }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runlayer-cli-'))
  chmodSync(folder, 0o700)
  asked = []
  answer = { status: 200, body: '{"status":"ok","version":"9.9.9","checks":{}}' }
  server = createServer((request, response) => {
    asked.push({ method: request.method, url: request.url, key: request.headers['x-runlayer-api-key'] })
    response.statusCode = answer.status
    response.end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

async function run(args: string[], env: Record<string, string> = {}) {
  const data: string[] = []
  const messages: string[] = []
  const terminal = {
    data: (line: string) => void data.push(line),
    message: (line: string) => void messages.push(line),
    env: { RUNLAYER_DATA_DIR: folder, RUNLAYER_PORT: String(port), ...env },
    signal: new AbortController().signal,
  }
  const code = await runCommand(args, terminal)
  return { code, data: data.join('\n'), messages: messages.join('\n') }
}

async function doctor(env: Record<string, string> = {}) {
  const { code, data } = await run(['doctor', '--json'], env)
  const { findings } = JSON.parse(data) as { findings: Finding[] }
  return { code, of: (name: string) => findings.filter((finding) => finding.name === name) }
}

describe('doctor', () => {
  test('finds nothing wrong with a running server', async () => {
    const { code, of } = await doctor()
    expect(code).toBe(0)
    expect(of('server')).toEqual([
      { name: 'server', state: 'ok', message: `version 9.9.9 answers at http://127.0.0.1:${port}` },
    ])
    expect(of('port')[0]?.message).toContain('used by the running server')
    expect(of('data folder')[0]?.state).toBe('ok')
    expect(of('database')[0]?.message).toContain('embedded')
  })

  test('names every mistake in the settings at once', async () => {
    const { code, of } = await doctor({ RUNLAYER_BIND: 'nowhere', RUNLAYER_PROT: '1', LOG_LEVEL: 'loud' })
    expect(code).toBe(1)
    expect(
      of('settings')
        .map(({ message }) => message.split(':')[0])
        .sort(),
    ).toEqual(['LOG_LEVEL', 'RUNLAYER_BIND', 'RUNLAYER_PROT'])
  })

  test('tells a foreign program on the port from the running server', async () => {
    answer = { status: 200, body: '<html>' }
    const { code, of } = await doctor()
    expect(code).toBe(1)
    expect(of('port')[0]).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('another program'),
    })
    expect(of('server')[0]).toMatchObject({
      state: 'warning',
      advice: expect.stringContaining('npm start'),
    })
    // Who holds the data folder is a server that listens elsewhere: another one would not start.
    const lock = join(folder, 'runlayer.lock')
    writeFileSync(lock, JSON.stringify({ pid: process.pid }))
    expect((await doctor()).of('server')[0]?.advice).toMatch(/Process \d+ holds the data folder.*--url/)
    rmSync(lock)
  })

  test('says when the server is up and not ready', async () => {
    answer = { status: 503, body: '{"detail":"Not ready: database."}' }
    expect((await doctor()).of('server')[0]).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('Not ready: database.'),
    })
  })

  test('warns of a data folder others can read, and names who holds it', async () => {
    writeFileSync(join(folder, 'runlayer.lock'), JSON.stringify({ pid: process.pid }))
    expect((await doctor()).of('data folder')[0]?.message).toContain(`process ${process.pid}`)
    chmodSync(folder, 0o755)
    expect((await doctor()).of('data folder')[0]).toMatchObject({
      state: 'warning',
      advice: `chmod 700 ${folder}`,
    })
  })

  test('a database that cannot be reached is a failure that shows no password', async () => {
    const { code, of } = await doctor({
      RUNLAYER_DATABASE_URL: 'postgres://me:hunter2secret@127.0.0.1:1/none',
      RUNLAYER_SECRET_KEY: Buffer.alloc(32).toString('base64'),
    })
    expect(code).toBe(1)
    expect(of('database')[0]?.state).toBe('failed')
    expect(JSON.stringify(of('database'))).not.toContain('hunter2secret')
  })

  test('an old Node is named', () => {
    expect(checkNode('v20.20.2', '^22.22.2 || ^24.15.0 || >=26.0.0').state).toBe('failed')
    expect(checkNode('v24.21.0', '^22.22.2 || ^24.15.0 || >=26.0.0').state).toBe('ok')
  })
})

describe('demo', () => {
  const key = `rl_${'k'.repeat(32)}`

  test('--remove asks the server to delete the demo data, with the key from the environment', async () => {
    const env = { RUNLAYER_API_KEY: key, RUNLAYER_BASE_URL: `http://127.0.0.1:${port}/` }
    answer = { status: 200, body: '{"removed":12}' }
    const { code, data, messages } = await run(['demo', '--remove'], env)
    expect([code, data]).toEqual([0, ''])
    expect(messages).toContain('is removed')
    expect(asked).toEqual([{ method: 'DELETE', url: '/api/v1/system/demo', key }])
    answer = { status: 200, body: '{"removed":0}' }
    expect(await run(['demo', '--remove'], env)).toMatchObject({
      code: 0,
      messages: expect.stringContaining('There is no demo data'),
    })
  })

  test('exit codes tell usage, sign-in, refusals and failures apart', async () => {
    expect((await run(['demo'])).code).toBe(2)
    expect((await run(['demo', '--remove'])).code).toBe(3)
    const remove = (status: number) => {
      answer = { status, body: '{"detail":"Because.","request_id":"r-1"}' }
      return run(['demo', '--remove', '--url', `http://127.0.0.1:${port}`], { RUNLAYER_API_KEY: key })
    }
    expect((await remove(403)).code).toBe(3)
    expect((await remove(422)).code).toBe(4)
    expect(await remove(500)).toMatchObject({ code: 1, data: '', messages: 'Because. (request r-1)' })
    expect((await run(['demo', '--remove', '--url', 'nonsense'], { RUNLAYER_API_KEY: key })).code).toBe(2)
  })
})

describe('the command line', () => {
  test('unknown commands and flags are usage errors, on stderr', async () => {
    for (const args of [['nonsense'], ['doctor', '--nonsense'], []]) {
      const { code, data, messages } = await run(args)
      expect([args, code, data]).toEqual([args, 2, ''])
      expect(messages).not.toBe('')
    }
  })

  test('help and version are data', async () => {
    expect((await run(['--version'])).data).toMatch(/^\d+\.\d+\.\d+$/)
    const help = await run(['--help'])
    expect([help.code, help.data.includes('doctor')]).toEqual([0, true])
  })

  test('the installed program runs', () => {
    const bin = join(import.meta.dirname, '../bin/runlayer.mjs')
    expect(execFileSync(process.execPath, [bin, '--version'], { encoding: 'utf8' })).toMatch(
      /^\d+\.\d+\.\d+\n$/,
    )
  })
})
