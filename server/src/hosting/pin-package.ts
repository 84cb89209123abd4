import { createHash, randomUUID } from 'node:crypto'
import { cp, lstat, mkdir, opendir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { PinnedPackage } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Json, JsonObject } from '../kernel/json.ts'
import { type PackageSpec, parsePackageSpec } from './package-spec.ts'
import type { Npm } from './run-npm.ts'
import type { HostedPackage, PackageStore } from './store.ts'

/** Of one package with everything it depends on. */
const maxInstalledBytes = 1024 * 1024 * 1024
const maxInstalledFiles = 200_000
/** The lock names its root: without this it would name the folder, and the same tree would hash differently each time. */
const rootName = { name: 'hosted', private: true }
const halfInstalled = '.installing-'

export type Packages = {
  /** Resolves a spec to exact bytes now and installs them; the same spec asked for twice at once is installed once. */
  pin(spec: string): Promise<PinnedPackage>
  /** Where the pinned package's program is, installing the very same bytes again when this host has lost them. */
  locate(pinned: PinnedPackage): Promise<{ folder: string; program: string }>
  /** Removes the folders nobody runs; a proposal that is accepted later is installed again from its lock. */
  prune(used: ReadonlySet<string>): Promise<void>
}

export type PackagesParts = { folder: string; npm: Npm; store: PackageStore }

/** Packages of the npm registry, each in a folder of its own, installed without running anything of theirs (T15). */
export async function openPackages(parts: PackagesParts): Promise<Packages> {
  await mkdir(parts.folder, { recursive: true, mode: 0o700 })
  await removeFolders(parts.folder, (name) => name.startsWith(halfInstalled))
  const running = new Map<string, Promise<unknown>>()
  const once = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const known = running.get(key) as Promise<T> | undefined
    if (known !== undefined) return known
    const started = work().finally(() => running.delete(key))
    running.set(key, started)
    return started
  }
  return {
    pin(text) {
      const spec = parsePackageSpec(text)
      if (spec === undefined)
        throw new GatewayError('hosting-failed', `${text} is not a package of the npm registry.`)
      return once(`pin ${text}`, () => install(parts, spec))
    },
    async locate(pinned) {
      const folder = join(parts.folder, pinned.folder)
      const there = await lstat(folder).then(
        () => true,
        () => false,
      )
      if (!there) await once(`restore ${pinned.folder}`, () => restore(parts, pinned))
      return { folder, program: await programOf(folder, pinned.name) }
    },
    prune: (used) => removeFolders(parts.folder, (name) => !used.has(name)),
  }
}

async function install(parts: PackagesParts, spec: PackageSpec): Promise<PinnedPackage> {
  return inDraft(parts, async (draft) => {
    await writeFile(join(draft, 'package.json'), JSON.stringify(rootName))
    await parts.npm(['install', '--save-exact', '--', `${spec.name}@${spec.wanted}`], draft)
    const lock = await readFile(join(draft, 'package-lock.json'), 'utf8')
    const { version, integrity } = checkLock(lock, spec.name)
    await checkSize(draft)
    await programOf(draft, spec.name)
    const hash = createHash('sha256').update(lock).digest('hex').slice(0, 12)
    const folder = `${spec.name.replace('/', '+')}@${version}-${hash}`
    await parts.store.keep({ folder, name: spec.name, version, integrity, lock })
    await settle(draft, join(parts.folder, folder))
    return { name: spec.name, version, integrity, folder }
  })
}

/** From the lock file kept at activation: npm refuses bytes whose hash differs from it. */
async function restore(parts: PackagesParts, pinned: PinnedPackage): Promise<void> {
  const kept = await parts.store.find(pinned.folder)
  if (kept === undefined || kept.integrity !== pinned.integrity) {
    throw new GatewayError(
      'hosting-failed',
      'The pinned package is not known here any more; activate the connector again.',
    )
  }
  await inDraft(parts, async (draft) => {
    await writeFile(join(draft, 'package.json'), rootManifest(kept))
    await writeFile(join(draft, 'package-lock.json'), kept.lock)
    await parts.npm(['ci'], draft)
    await settle(draft, join(parts.folder, pinned.folder))
  })
}

/** What the lock file says of its root: npm refuses to work when the two differ. */
function rootManifest(kept: HostedPackage): string {
  const root = member(member(JSON.parse(kept.lock) as Json, 'packages'), '')
  return JSON.stringify({ ...rootName, dependencies: member(root, 'dependencies') ?? {} })
}

async function inDraft<T>(parts: PackagesParts, work: (draft: string) => Promise<T>): Promise<T> {
  const draft = join(parts.folder, `${halfInstalled}${randomUUID()}`)
  await mkdir(draft, { recursive: true, mode: 0o700 })
  try {
    return await work(draft)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Another process may have put the same bytes there first; then ours are not needed. */
async function settle(draft: string, folder: string): Promise<void> {
  await rename(draft, folder).catch(async (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return
    if (code !== 'EXDEV') throw error
    await cp(draft, folder, { recursive: true, verbatimSymlinks: true })
  })
}

/** The resolved version, once every package of the tree is known by a hash: what has none did not come from a registry. */
function checkLock(lock: string, name: string): { version: string; integrity: string } {
  const parsed: Json = JSON.parse(lock)
  const entries = Object.entries(member(parsed, 'packages') ?? {}).filter(([path]) => path !== '')
  for (const [path, entry] of entries) {
    const hashed = typeof member(entry, 'integrity') === 'string' || member(entry, 'inBundle') === true
    if (!hashed)
      throw new GatewayError(
        'hosting-failed',
        `The package needs ${path.split('node_modules/').at(-1)}, which is not from the registry.`,
      )
  }
  const top = member(member(parsed, 'packages'), `node_modules/${name}`)
  const [version, integrity] = [member(top, 'version'), member(top, 'integrity')]
  if (
    typeof version !== 'string' ||
    typeof integrity !== 'string' ||
    !/^[0-9A-Za-z.+-]{1,100}$/.test(version)
  ) {
    throw new GatewayError('hosting-failed', 'npm did not say which version it installed.')
  }
  return { version, integrity }
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined
}

async function checkSize(folder: string): Promise<void> {
  let bytes = 0
  let files = 0
  for await (const entry of await opendir(folder, { recursive: true })) {
    files += 1
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).size
    if (bytes > maxInstalledBytes || files > maxInstalledFiles) {
      throw new GatewayError(
        'hosting-failed',
        'The package is larger than a hosted package may be (1 GiB or 200,000 files).',
      )
    }
  }
}

/**
 * The file `npx` would run, relative to the package folder. A manifest is somebody else's text: it may only name a file
 * of its own package (T8, T14).
 */
async function programOf(folder: string, name: string): Promise<string> {
  const root = join(folder, 'node_modules', ...name.split('/'))
  const manifest: Json = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const bin = member(manifest, 'bin')
  const named = typeof bin === 'string' ? bin : chooseBin(bin, name.split('/').at(-1) ?? name)
  if (named === undefined)
    throw new GatewayError('hosting-failed', `The package ${name} has no single program to run.`)
  const real = await realpath(join(root, named)).catch(() => undefined)
  const realRoot = await realpath(root)
  if (real === undefined || !real.startsWith(`${realRoot}${sep}`)) {
    throw new GatewayError('hosting-failed', `The package ${name} names a program that is not in it.`)
  }
  return real.slice((await realpath(folder)).length + 1)
}

function chooseBin(bin: Json | undefined, name: string): string | undefined {
  if (bin === null || typeof bin !== 'object' || Array.isArray(bin)) return undefined
  const files = Object.values(bin)
  const file = Object.hasOwn(bin, name)
    ? bin[name]
    : files.every((one) => one === files[0])
      ? files[0]
      : undefined
  return typeof file === 'string' ? file : undefined
}

async function removeFolders(folder: string, unwanted: (name: string) => boolean): Promise<void> {
  for await (const entry of await opendir(folder)) {
    if (unwanted(entry.name)) await rm(join(folder, entry.name), { recursive: true, force: true })
  }
}
