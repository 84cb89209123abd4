import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { reasons } from '../server/src/kernel/reasons.ts'
import { slowFiles } from '../test/support/slow-first.ts'
import { typeOf } from './schema-type.ts'

const root = join(import.meta.dirname, '..')
const load = (name: string): Promise<Record<string, (...args: never[]) => unknown>> =>
  import(join(root, 'tools', name))

describe('the launcher', () => {
  const range = '^22.22.2 || ^24.15.0 || >=26.0.0'

  test('tells the versions of Node that will do from those that will not', async () => {
    const { satisfies } = (await load('runtime.mjs')) as unknown as {
      satisfies(version: string, range: string): boolean
    }
    const good = ['v22.22.2', 'v22.23.0', 'v24.15.0', 'v24.21.0', 'v26.0.0', 'v27.3.1']
    const bad = ['v18.20.0', 'v20.20.2', 'v22.22.1', 'v23.5.0', 'v24.14.9', 'v25.9.9', '']
    expect(good.filter((version) => !satisfies(version, range))).toEqual([])
    expect(bad.filter((version) => satisfies(version, range))).toEqual([])
  })

  test('prefers the Node that started npm, and falls back to the bundled one', async () => {
    const { chooseNode } = (await load('runtime.mjs')) as unknown as {
      chooseNode(environment: object): string
    }
    expect(chooseNode({ npm_node_execpath: process.execPath })).toBe(process.execPath)
    expect(chooseNode({ npm_node_execpath: '/nowhere/node' })).toBe(process.execPath)
  })

  test('leaves out tuning flags that a Node does not know, and none that the bundled one does', async () => {
    const { flagsFor, serverFlags } = (await load('runtime.mjs')) as unknown as {
      flagsFor(node: string, flags?: readonly string[]): readonly string[]
      serverFlags: readonly string[]
    }
    expect(flagsFor(process.execPath)).toEqual(serverFlags)
    expect(flagsFor(process.execPath, ['--no-such-tuning=1'])).toEqual([])
  })

  test('answers the imports of drizzle-orm as Node does, without asking it each time', () => {
    const log = (
      list: string,
    ) => `const { registerHooks } = await import('node:module'); globalThis.${list} = []
      registerHooks({ resolve(specifier, context, next) {
        const { url, format } = next(specifier, context)
        if (url.includes('/drizzle-orm/')) globalThis.${list}.push([specifier, context.parentURL, url, format])
        return { url, format, shortCircuit: true }
      } })`
    const program = `${log('heard')}
      for (const name of ['drizzle-orm', 'drizzle-orm/pg-core', 'drizzle-orm/node-postgres']) await import(name)
      console.log(JSON.stringify({ heard, asked }))`
    // The hook that came first is asked last: it hears what is left for Node.
    const importing = (preloaded: string[]) => {
      const flags = [`data:text/javascript,${encodeURIComponent(log('asked'))}`, ...preloaded]
      const args = [...flags.map((url) => `--import=${url}`), '--input-type=module', '--eval', program]
      const said = execFileSync(process.execPath, args, { cwd: join(root, 'server'), encoding: 'utf8' })
      return JSON.parse(said) as { heard: string[][]; asked: string[][] }
    }
    const usual = importing([])
    const quick = importing([pathToFileURL(join(root, 'tools/quick-resolve.mjs')).href])
    expect(quick.heard).toEqual(usual.heard)
    expect(usual.asked.length).toBeGreaterThan(300)
    expect(quick.asked.length).toBeLessThan(20)
  })
})

describe('the lock file check', () => {
  test('this lock file is complete and names no host', async () => {
    const { lockMistakes } = (await load('check-lock.mjs')) as unknown as {
      lockMistakes(lock: unknown): string[]
    }
    expect(lockMistakes(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))).toEqual([])
  })

  test('a missing platform package and a download address are found', async () => {
    const { lockMistakes } = (await load('check-lock.mjs')) as unknown as {
      lockMistakes(lock: unknown): string[]
    }
    const lock = {
      packages: {
        '': {},
        'node_modules/tool': {
          version: '1.0.0',
          optionalDependencies: { '@tool/linux': '1.0.0', '@tool/darwin': '1.0.0' },
        },
        'node_modules/@tool/linux': { version: '1.0.0', resolved: 'https://registry.example/linux.tgz' },
      },
    }
    expect(lockMistakes(lock)).toEqual([
      'node_modules/tool needs @tool/darwin on some platform, and the lock file has no such package',
      'node_modules/@tool/linux names where it was downloaded from: https://registry.example/linux.tgz',
    ])
  })
})

describe('the closing line', () => {
  test('counts tests, failures and files that could not be loaded', async () => {
    const { countedBy, sumOf } = (await load('tally.mjs')) as unknown as {
      countedBy(report: unknown): { passed: number; failed: number; skipped: number }
      sumOf(all: unknown[]): unknown
    }
    const counted = countedBy({
      testResults: [
        { status: 'failed', assertionResults: [] },
        {
          status: 'failed',
          assertionResults: [
            { status: 'failed', fullName: 'a' },
            { status: 'passed', fullName: 'b' },
          ],
        },
        {
          status: 'passed',
          assertionResults: [
            { status: 'pending', fullName: 'c' },
            { status: 'passed', fullName: 'd' },
          ],
        },
      ],
    })
    expect(counted).toMatchObject({ passed: 2, failed: 2, skipped: 1, skippedNames: ['c'] })
    expect(sumOf([counted, { passed: 1, failed: 0, skipped: 0 }])).toEqual({
      passed: 3,
      failed: 2,
      skipped: 1,
    })
  })
})

describe('what is generated', () => {
  test('every reason of an error is documented', () => {
    const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')
    expect(Object.keys(reasons).filter((reason) => !page.includes(`| \`${reason}\` |`))).toEqual([])
  })

  test('schemas become types', () => {
    const named = { $ref: '#/components/schemas/User' }
    expect(typeOf(named)).toBe('User')
    expect(typeOf({ type: 'array', items: { anyOf: [named, { type: 'null' }] } })).toBe('(User | null)[]')
    expect(typeOf({ type: ['string', 'null'] })).toBe('string | null')
    expect(typeOf({ enum: ['a', 'b'] })).toBe('"a" | "b"')
    expect(
      typeOf({
        type: 'object',
        properties: { id: { type: 'string' }, 'x-y': { type: 'integer' } },
        required: ['id'],
      }),
    ).toBe('{ id: string; "x-y"?: number | undefined }')
    expect(typeOf({ type: 'object', additionalProperties: { type: 'boolean' } })).toBe(
      '{ [name: string]: boolean }',
    )
    expect(typeOf({})).toBe('unknown')
  })
})

test('the files that are to start first are there', () => {
  expect(slowFiles.filter((path) => !existsSync(join(root, path)))).toEqual([])
  expect(new Set(slowFiles).size).toBe(slowFiles.length)
})
