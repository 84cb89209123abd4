import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../cli/src/main.ts'
import { freshServer } from '../support/fresh-server.ts'
import type { RunningServer } from '../support/server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await freshServer()
}, 60_000)
afterAll(() => server.remove())

type Report = { shots: { id: string; kind: string; fate: string }[]; passed: number; false_alarms: number }

async function attack(): Promise<{ report: Report; words: string[] }> {
  const data: string[] = []
  const words: string[] = []
  const code = await runCommand(['redteam', '--json', '--url', server.url.origin], {
    data: (line) => data.push(line),
    message: (line) => words.push(line),
    env: { RUNLAYER_API_KEY: server.adminKey },
    signal: new AbortController().signal,
  })
  expect(code, words.join('\n')).toBe(0)
  return { report: JSON.parse(data.join('\n')) as Report, words }
}

test('the kit reports what the guards did, and leaves nothing behind', async () => {
  const { report, words } = await attack()
  const fate = (id: string) => report.shots.find((shot) => shot.id === id)?.fate
  expect(['blocked', 'alerted']).toContain(fate('override'))
  expect(fate('sidecar')).toBe('held')
  expect(fate('veiled')).toBe('held')
  for (const id of ['aws_key', 'github_token', 'private_key', 'tags']) expect(fate(id), id).not.toBe('passed')
  expect(report.false_alarms).toBe(0)
  const attacks = report.shots.filter(({ kind }) => kind !== 'benign').length
  // Orders without any telling word may pass; the report says which.
  expect(report.passed, words.join('\n')).toBeLessThanOrEqual(attacks / 3)
  const { data } = await server.api<{ data: { name: string }[] }>('GET', '/api/v1/servers?scope=all')
  expect(data.filter(({ name }) => name.startsWith('Red team'))).toEqual([])
})

test('with the guards quiet everything that is shown passes: the kit can fail', async () => {
  const quiet = {
    injection: 'allow',
    hidden: 'allow',
    secrets: 'allow',
    exfiltration: 'allow',
    commands: 'allow',
  }
  await server.api('PUT', '/api/v1/security/settings', {
    actions: {
      ...quiet,
      definitions: 'allow',
      questions: 'allow',
      intent: 'allow',
      flow: 'allow',
    },
  })
  const { report } = await attack()
  expect(report.passed).toBeGreaterThan(15)
})
