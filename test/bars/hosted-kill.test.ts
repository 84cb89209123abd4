import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, LegacyClient, textOf } from '../support/raw-mcp.ts'
import { type RunningServer, root } from '../support/server.ts'
import { addConnector, type Made } from '../support/world.ts'

const marker = randomUUID()
let server: RunningServer
let connector: Made

beforeAll(async () => {
  server = await freshServer({
    env: { RUNLAYER_STDIO_COMMANDS: process.execPath, RUNLAYER_UNSANDBOXED_STDIO: '1' },
  })
  connector = await addConnector(server, 'Hosted', '', {
    transport: 'stdio',
    url: null,
    command: process.execPath,
    args: [`${root}/test/fixtures/stdio-upstream.ts`, 'legacy', marker],
    mounts: [
      { path: `${root}/test/fixtures`, mode: 'ro' },
      ...(process.execPath.startsWith('/usr/') ? [] : [{ path: process.execPath, mode: 'ro' }]),
    ],
  })
})
afterAll(() => server?.remove())

/** Every process that carries the marker: the hosted server and what wraps it, outermost first. */
function processes(): { pid: number; file: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return words.includes(marker) ? [{ pid: Number(pid), file: words[0] ?? '' }] : []
      } catch {
        return []
      }
    })
}

/** Kills the hosted server itself wherever it runs, not its sandbox, and waits until all of it is gone. */
async function killHosted(): Promise<number[]> {
  const before = processes()
  const servers = before.filter(({ file }) => file.endsWith('node'))
  expect(servers).not.toEqual([])
  for (const { pid } of servers) process.kill(pid, 'SIGKILL')
  const old = new Set(before.map(({ pid }) => pid))
  await expect.poll(() => processes().filter(({ pid }) => old.has(pid)), { timeout: 5_000 }).toEqual([])
  return [...old]
}

test('kill -9 of a hosted stdio server: the next call works, on a process of its own', async () => {
  const client = await LegacyClient.open(connector.url, server.adminKey)
  const say = async (text: string) =>
    textOf(answerOf(await client.request('tools/call', { name: 'echo', arguments: { text } })))
  expect(await say('before')).toBe('before')
  const first = await killHosted()
  expect(await say('after')).toBe('after')
  expect(processes().filter(({ pid }) => first.includes(pid))).toEqual([])
})

test('kill -9 in the middle of a call: that call fails in words, the next one works', async () => {
  const client = await LegacyClient.open(connector.url, server.adminKey)
  const call = client.request('tools/call', { name: 'hang', arguments: {} })
  await new Promise((resolve) => setTimeout(resolve, 300))
  await killHosted()
  const answer = answerOf(await call)
  expect(answer.result).toMatchObject({
    isError: true,
    structuredContent: { fault: 'upstream', connector: 'Hosted' },
  })
  const next = await client.request('tools/call', { name: 'echo', arguments: { text: 'again' } })
  expect(textOf(answerOf(next))).toBe('again')
})
