import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const source = join(root, 'server/src')

/** Who stands where: imports go from a higher rank to a lower one, or stay inside a folder. */
const shared = new Set(['lib', 'kernel', 'config'])
const doors = new Set(['gateway', 'control'])
const rank = (folder: string) => (shared.has(folder) ? 0 : doors.has(folder) ? 2 : folder === '' ? 3 : 1)

/** `isType`: gone when the program runs. */
type Import = { from: string; to: string; isType: boolean }

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesUnder(join(folder, entry.name))
      : entry.name.endsWith('.ts')
        ? [join(folder, entry.name)]
        : [],
  )
}

const modules = filesUnder(source)
const production = modules.filter((file) => !file.endsWith('.test.ts'))

const statement =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^'";]*?from\s*['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)/g

function importsOf(file: string): Import[] {
  return [...readFileSync(file, 'utf8').matchAll(statement)].map((match) => ({
    from: file,
    to: resolve(dirname(file), match[2] ?? match[3] ?? ''),
    isType: match[1] !== undefined,
  }))
}

const inside = (file: string) => relative(source, file)
const folderOf = (file: string) => (inside(file).includes('/') ? (inside(file).split('/')[0] ?? '') : '')
/** The keyring is needed by every noun that seals something, credentials or not. */
const furtherDoors = new Set(['credentials/keyring.ts'])
const isDoor = (file: string) => basename(file, '.ts') === folderOf(file) || furtherDoors.has(inside(file))
const imports = production.flatMap(importsOf)
const between = imports.filter(({ from, to }) => folderOf(from) !== folderOf(to))
const shown = ({ from, to }: Import) => `${inside(from)} → ${inside(to)}`

/** Only the composition root may know a noun's inside: it needs the route lists beside the doors. */
const isRoot = (file: string) => folderOf(file) === ''

describe('imports', () => {
  test('the graph was really seen', () => {
    expect(production.length).toBeGreaterThan(40)
    expect(imports.length).toBeGreaterThan(production.length)
    expect(imports.filter(({ to }) => !modules.includes(to)).map(shown)).toEqual([])
  })

  test('they point one way: lib and kernel, nouns, doors, main', () => {
    expect(between.filter(({ from, to }) => rank(folderOf(from)) < rank(folderOf(to))).map(shown)).toEqual([])
    expect(
      between.filter(({ from, to }) => doors.has(folderOf(from)) && doors.has(folderOf(to))).map(shown),
    ).toEqual([])
  })

  test('lib and kernel know nothing but each other', () => {
    const low = new Set(['lib', 'kernel'])
    expect(
      between.filter(({ from, to }) => low.has(folderOf(from)) && !low.has(folderOf(to))).map(shown),
    ).toEqual([])
  })

  test('a noun is entered by its door', () => {
    const sideways = between.filter(
      ({ from, to }) => !shared.has(folderOf(to)) && !isDoor(to) && !isRoot(from),
    )
    expect(sideways.map(shown)).toEqual([])
  })

  test('there is no cycle between files when the program runs', () => {
    const next = (file: string) =>
      imports.filter(({ from, isType }) => from === file && !isType).map(({ to }) => to)
    expect(cycleIn(production, next).map(inside)).toEqual([])
  })

  test('there is no cycle between nouns, types included', () => {
    const folders = [...new Set(production.map(folderOf))].filter((folder) => !shared.has(folder))
    const next = (folder: string) =>
      between.filter(({ from }) => folderOf(from) === folder).map(({ to }) => folderOf(to))
    expect(cycleIn(folders, next)).toEqual([])
  })

  test('only store files know the query builder', () => {
    const knowing = production.filter((file) => /from ['"]drizzle-orm/.test(readFileSync(file, 'utf8')))
    const allowed = (file: string) => basename(file).endsWith('store.ts') || folderOf(file) === 'storage'
    expect(knowing.filter((file) => !allowed(file)).map(inside)).toEqual([])
  })
})

/** The first way round that leads back to its start; empty when there is none. */
function cycleIn(nodes: readonly string[], next: (node: string) => string[]): string[] {
  const done = new Set<string>()
  const walk = (node: string, path: string[]): string[] => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return []
    for (const other of next(node)) {
      const cycle = walk(other, [...path, node])
      if (cycle.length > 0) return cycle
    }
    done.add(node)
    return []
  }
  return nodes.map((node) => walk(node, [])).find((cycle) => cycle.length > 0) ?? []
}

test('a way round is found', () => {
  const next = (node: string) => ({ a: ['b'], b: ['c', 'd'], c: [], d: ['b'] })[node] ?? []
  expect(cycleIn(['c', 'a'], next)).toEqual(['b', 'd', 'b'])
  expect(cycleIn(['c'], next)).toEqual([])
})

describe('names and sizes', () => {
  const everything = ['server/src', 'cli/src', 'web/src', 'tools'].flatMap((folder) =>
    codeUnder(join(root, folder)),
  )

  test('no name says how instead of what', () => {
    const banned =
      /^(types|utils?|index|constants|common|misc|helpers?)$|(^|-)(manager|service|helper|util|handler|impl|base)(-|$)/
    const bare = (file: string) => basename(file).replace(/(\.test)?\.(tsx?|mjs)$/, '')
    expect(everything.filter((file) => banned.test(bare(file))).map((file) => relative(root, file))).toEqual(
      [],
    )
    const declared = /\b(?:class|type|interface|function)\s+\w*(?:Manager|Service|Helper|Util|Handler|Impl)\b/
    expect(
      everything
        .filter((file) => declared.test(readFileSync(file, 'utf8')) && !file.endsWith('boundaries.test.ts'))
        .map((file) => relative(root, file)),
    ).toEqual([])
  })

  test('no file is longer than 300 lines of code', () => {
    const long = everything
      .filter((file) => !/\.test\.tsx?$/.test(file))
      .map((file) => ({ file: relative(root, file), lines: codeLines(file) }))
    expect(long.filter(({ lines }) => lines > 300)).toEqual([])
  })

  test('the number of waivers only falls', () => {
    const { count, most } = JSON.parse(readFileSync(join(root, 'tools/waivers.json'), 'utf8')) as {
      count: number
      most: number
    }
    const marker = ['biome', 'ignore'].join('-')
    const suppress = ['@ts', 'expect-error'].join('-')
    const waived = [...everything, ...codeUnder(join(root, 'test'))].flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.includes(marker) || line.includes(suppress))
        .map((line) => `${relative(root, file)}: ${line.trim()}`),
    )
    expect(count).toBeLessThanOrEqual(most)
    expect(
      { count: waived.length, waived },
      'set tools/waivers.json to the number found; it may never grow',
    ).toEqual({ count, waived })
  })
})

function codeUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory())
      return entry.name === 'node_modules' || entry.name === 'dist' ? [] : codeUnder(join(folder, entry.name))
    return /\.(tsx?|mjs)$/.test(entry.name) ? [join(folder, entry.name)] : []
  })
}

/** Lines that are neither empty nor comment. */
function codeLines(file: string): number {
  const text = readFileSync(file, 'utf8').replace(/^\s*\/\*[\s\S]*?\*\//gm, '')
  return text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length
}
