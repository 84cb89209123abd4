import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStorage } from '../../../server/src/storage/storage.ts'
import { newestBinaries } from '../../../test/support/postgres.ts'
import { copyTemplate, freshDatabase, quietLog } from '../../../test/support/stores.ts'
import type { Terminal } from '../terminal.ts'
import { addBackup } from './backup.ts'
import { addRestore } from './restore.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runlayer-cli-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function run(
  args: string[],
  env: Record<string, string>,
): Promise<{ data: string[]; messages: string[] }> {
  const said = { data: [] as string[], messages: [] as string[] }
  const terminal: Terminal = {
    data: (line) => said.data.push(line),
    message: (line) => said.messages.push(line),
    env,
    signal: new AbortController().signal,
  }
  const program = new Command('runlayer').exitOverride()
  addBackup(program, terminal)
  addRestore(program, terminal)
  await program.parseAsync(args, { from: 'user' })
  return said
}

test('a stopped installation is backed up and restored, and the key is said to be elsewhere', async () => {
  const dataDir = join(home, 'data')
  await copyTemplate(dataDir)
  const env = { RUNLAYER_DATA_DIR: dataDir }
  const file = join(home, 'copy.backup')
  const taken = await run(['backup', '--output', file], env)
  expect(taken.data).toEqual([file])
  expect(taken.messages.join()).toContain('secret.key')
  await expect(run(['backup', '--output', file], env)).rejects.toThrow('never overwritten')
  await expect(run(['backup', '--output', join(file, '../none/of/it')], env)).rejects.toThrow('make it first')
  const restored = await run(['restore', file], env)
  expect(restored.data.join()).toContain('Restored')
  expect(readdirSync(dataDir).some((name) => name.startsWith('before-restore-'))).toBe(true)
})

test('while a server holds the folder the backup goes through it', async () => {
  const dataDir = join(home, 'data')
  await copyTemplate(dataDir)
  const storage = await openStorage({ databaseUrl: undefined, dataDir, log: quietLog })
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['x-runlayer-api-key']}`)
    storage.backups!.create().then(({ file, bytes, tables, rows }) => {
      const name = file.split('/').at(-1)
      response.writeHead(201).end(JSON.stringify({ name, bytes, tables, rows, taken_at: '' }))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const env = {
    RUNLAYER_DATA_DIR: dataDir,
    RUNLAYER_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    RUNLAYER_API_KEY: 'rl_test',
  }
  const file = join(home, 'copy.backup')
  try {
    expect((await run(['backup', '--output', file], env)).data).toEqual([file])
    expect(asked).toEqual(['POST /api/v1/system/backups rl_test'])
    expect(existsSync(file)).toBe(true)
    await expect(run(['restore', file], env)).rejects.toThrow('in use')
  } finally {
    server.close()
    await storage.close()
  }
})

const bin = newestBinaries()

test.skipIf(bin === undefined)('a PostgreSQL database is dumped with pg_dump', async () => {
  const env = {
    RUNLAYER_DATABASE_URL: await freshDatabase(),
    RUNLAYER_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  }
  const file = join(home, 'dump')
  expect((await run(['backup', '--output', file], env)).data).toEqual([file])
  expect(readFileSync(file).subarray(0, 5).toString()).toBe('PGDMP')
  const contents = execFileSync(join(bin ?? '', 'pg_restore'), ['--list', file]).toString()
  expect(contents).toContain('TABLE DATA public keyring')
  await expect(run(['restore', file], env)).rejects.toThrow('pg_restore')
})

test('settings that are not valid end the command', async () => {
  await expect(run(['backup'], { RUNLAYER_DATABASE_URL: 'mysql://x' })).rejects.toMatchObject({ exitCode: 4 })
})
