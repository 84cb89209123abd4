import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestStorage, type TestStorage } from '../../../test/support/stores.ts'
import { parsePackageSpec } from './package-spec.ts'
import { openPackages, type Packages } from './pin-package.ts'
import type { Npm } from './run-npm.ts'
import { packageStore } from './store.ts'

let folder: string
let store: TestStorage

beforeAll(async () => {
  store = await openTestStorage('embedded')
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packages-'))
  return () => rmSync(folder, { recursive: true, force: true })
})
afterAll(() => store.dispose())

type Written = { manifest?: object; lock?: object; extra?: Record<string, object> }

/** Does to a folder what npm does, without a registry. */
function fakeNpm(written: Written = {}, calls: string[][] = []): Npm {
  return async (args, cwd) => {
    calls.push([...args])
    const root = join(cwd, 'node_modules', 'thing')
    mkdirSync(join(root, 'bin'), { recursive: true })
    writeFileSync(
      join(root, 'package.json'),
      JSON.stringify({ name: 'thing', bin: './bin/thing.js', ...written.manifest }),
    )
    writeFileSync(join(root, 'bin', 'thing.js'), '')
    writeFileSync(join(cwd, 'outside.js'), '')
    const entry = { version: '1.2.3', integrity: 'sha512-abc', ...written.lock }
    const packages = {
      '': { dependencies: { thing: '1.2.3' } },
      'node_modules/thing': entry,
      ...written.extra,
    }
    writeFileSync(join(cwd, 'package-lock.json'), JSON.stringify({ packages }))
  }
}

const open = (npm: Npm): Promise<Packages> =>
  openPackages({ folder, npm, store: packageStore(store.storage.db) })

describe('what counts as a package of the registry', () => {
  test.each([
    ['thing', 'thing', 'latest'],
    ['thing@1.2.3', 'thing', '1.2.3'],
    ['@scope/thing', '@scope/thing', 'latest'],
    ['@scope/thing@^1.0.0', '@scope/thing', '^1.0.0'],
    ['thing@>=1.0.0 <2', 'thing', '>=1.0.0 <2'],
    ['thing@next', 'thing', 'next'],
  ])('%s', (text, name, wanted) => expect(parsePackageSpec(text)).toEqual({ name, wanted }))

  test.each([
    '',
    '-g',
    '--prefix=/',
    '.',
    '..',
    './thing',
    '/thing',
    '../thing',
    'file:thing',
    'thing@file:../x',
    'git+ssh://x/y',
    'github:a/b',
    'a/b',
    'https://example.com/x.tgz',
    'thing@https://example.com/x.tgz',
    'thing@npm:other',
    'Thing',
    'thing@1.0.0;id',
    'thing@$(id)',
    'thing name',
    'thing@',
    '@scope',
    '@scope/',
    '@/thing',
    '@scope/.x',
    'thing@-1',
    'thing\n',
    'thing@1\n',
    '_thing',
    'a'.repeat(215),
    `thing@${'1'.repeat(200)}`,
  ])('refused: %j', (text) => expect(parsePackageSpec(text)).toBeUndefined())
})

test('a package is installed once under its exact version, and nothing half-made stays', async () => {
  const calls: string[][] = []
  const packages = await open(fakeNpm({}, calls))
  const [a, b] = await Promise.all([packages.pin('thing@^1'), packages.pin('thing@^1')])
  expect(a).toEqual(b)
  expect(a).toMatchObject({ name: 'thing', version: '1.2.3', integrity: 'sha512-abc' })
  expect(calls).toEqual([['install', '--save-exact', '--', 'thing@^1']])
  expect(readdirSync(folder)).toEqual([a.folder])
  expect(await packages.locate(a)).toEqual({
    folder: join(folder, a.folder),
    program: 'node_modules/thing/bin/thing.js',
  })
})

test('a lost folder is made again from the lock kept at activation, never resolved anew', async () => {
  const calls: string[][] = []
  const packages = await open(fakeNpm({}, calls))
  const pinned = await packages.pin('thing')
  const lock = readFileSync(join(folder, pinned.folder, 'package-lock.json'), 'utf8')
  rmSync(join(folder, pinned.folder), { recursive: true })
  await Promise.all([packages.locate(pinned), packages.locate(pinned)])
  expect(calls.map(([verb]) => verb)).toEqual(['install', 'ci'])
  expect(readFileSync(join(folder, pinned.folder, 'package-lock.json'), 'utf8')).toBe(lock)
  rmSync(join(folder, pinned.folder), { recursive: true })
  await expect(packages.locate({ ...pinned, integrity: 'sha512-other' })).rejects.toMatchObject({
    reason: 'hosting-failed',
  })
})

test.each<[string, Written]>([
  [
    'a dependency without a hash',
    { extra: { 'node_modules/other': { version: '1.0.0', resolved: 'git+ssh://x' } } },
  ],
  ['no hash of its own', { lock: { integrity: undefined } }],
  ['a version that is a path', { lock: { version: '../../x' } }],
  ['a program outside of the package', { manifest: { bin: '../../outside.js' } }],
  ['an absolute program', { manifest: { bin: '/bin/sh' } }],
  ['a missing program', { manifest: { bin: 'gone.js' } }],
  ['no program', { manifest: { bin: undefined } }],
  ['two programs, neither of its name', { manifest: { bin: { a: 'bin/thing.js', b: 'package.json' } } }],
])('a package with %s is refused and leaves nothing', async (_what, written) => {
  const packages = await open(fakeNpm(written))
  await expect(packages.pin('thing')).rejects.toMatchObject({ reason: 'hosting-failed' })
  expect(readdirSync(folder)).toEqual([])
})

test('what a killed installation left is removed at the next start', async () => {
  mkdirSync(join(folder, '.installing-x', 'node_modules'), { recursive: true })
  await open(fakeNpm())
  expect(existsSync(join(folder, '.installing-x'))).toBe(false)
})

test('what no connector runs is removed, and comes back when it is wanted', async () => {
  const packages = await open(fakeNpm())
  const pinned = await packages.pin('thing')
  mkdirSync(join(folder, 'old@1.0.0-abc'))
  await packages.prune(new Set([pinned.folder]))
  expect(readdirSync(folder)).toEqual([pinned.folder])
  await packages.prune(new Set())
  expect(readdirSync(folder)).toEqual([])
  expect((await packages.locate(pinned)).program).toContain('thing.js')
})
