/** Hosted stdio servers: pinned packages and allowed commands, started in a sandbox, capped, stopped with their kin. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Credential } from '../kernel/call.ts'
import type { Connector, PinnedPackage } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import type { HostedProcess, Hosting } from '../kernel/upstream.ts'
import type { Log } from '../lib/log.ts'
import type { Db } from '../storage/storage.ts'
import { resolveMount } from './check-mount.ts'
import { gateCommand } from './gate-command.ts'
import { findLimiter, type Limiter } from './limit-process.ts'
import { checkPackage, parsePackageSpec } from './package-spec.ts'
import { openPackages, type Packages } from './pin-package.ts'
import { type HostEnvironment, hostNpm } from './run-npm.ts'
import {
  inside,
  type Launch,
  probeSandbox,
  type SandboxState,
  type Wrapped,
  wrapInSandbox,
  writeAccounts,
} from './sandbox.ts'
import { signalGroup, startProcess } from './start-process.ts'
import { blankSecrets, type StderrLog, stderrLog } from './stderr-log.ts'
import { packageStore } from './store.ts'

const maxPerConnector = 50
const maxPerPerson = 5
const maxProcesses = 300
/** Of V8, in MiB; a server that wants more than this is not a tool server. */
const nodeHeapMib = 1_024

export type HostingParts = {
  dataDir: string
  stdioCommands: readonly string[]
  /** Starts servers without a sandbox where none works, with a warning each time. */
  unsandboxedStdio: boolean
  /** Connectors that may do so besides; none unless told. */
  mayRunBare?: (connector: Connector) => boolean
  maxLineBytes: number
  /** PATH, HOME and npm settings are taken from here and nothing else. */
  hostEnvironment: HostEnvironment
  /** How a sandbox is looked for; bubblewrap unless told otherwise. */
  findSandbox?: (accounts: string) => Promise<SandboxState>
  db: Db
  now: () => number
  log: Log
}

export type ProcessHosting = Hosting & {
  /** For status and doctor. */
  sandbox(): { kind: SandboxState['kind']; reason: string | undefined }
  readonly stdioCommands: readonly string[]
  checkPackage(spec: string): string | undefined
  /** Why a path may not be mounted, in words, or nothing. */
  checkMount(path: string): Promise<string | undefined>
  /** What is pinned already, or what the connector's spec resolves to now. */
  pinPackage(connector: Connector): Promise<PinnedPackage>
  /** What the connector's spec resolves to now, installed beside what is pinned. */
  resolvePackage(connector: Connector): Promise<PinnedPackage>
  /** An installed version of the package this connector runs, by its folder. */
  findPackage(connector: Connector, folder: string): Promise<PinnedPackage | undefined>
  /** At start-up: removes installed packages that no connector runs. */
  prunePackages(used: readonly PinnedPackage[]): Promise<void>
  forgetLog(serverId: ServerId): void
}

type Running = { readonly serverId: ServerId; readonly principal: string; process: HostedProcess | undefined }

type State = {
  readonly parts: HostingParts
  readonly folder: string
  readonly accounts: string
  readonly sandbox: SandboxState
  readonly limit: Limiter
  readonly packages: Packages
  readonly stderr: StderrLog
  readonly running: Set<Running>
  stopping: boolean
}

/** Looks for a sandbox once and says loudly when hosted servers will run without one. */
export async function openHosting(parts: HostingParts): Promise<ProcessHosting> {
  const folder = join(parts.dataDir, 'hosting')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const accounts = await writeAccounts(folder)
  const packages = await openPackages({
    folder: join(parts.dataDir, 'packages'),
    npm: hostNpm(parts.hostEnvironment),
    store: packageStore(parts.db),
  })
  const [sandbox, limit] = await Promise.all([(parts.findSandbox ?? probeSandbox)(accounts), findLimiter()])
  const state: State = {
    parts,
    folder,
    accounts,
    sandbox,
    limit,
    packages,
    stderr: stderrLog(parts.now),
    running: new Set(),
    stopping: false,
  }
  if (sandbox.kind === 'none' && parts.unsandboxedStdio) {
    parts.log.warn(
      { reason: sandbox.reason },
      'HOSTED SERVERS RUN WITHOUT A SANDBOX and can read what this process can read',
    )
  }
  const killAll = () => {
    for (const { process: one } of state.running) if (one !== undefined) signalGroup(one.pid, 'SIGKILL')
  }
  process.once('exit', killAll)
  return {
    start: (connector, credential, principal) => start(state, connector, { credential, principal }),
    log: (serverId) => state.stderr.lines(serverId),
    forgetLog: (serverId) => state.stderr.forget(serverId),
    async stopAll(serverId) {
      if (serverId === undefined) state.stopping = true
      const chosen = [...state.running].filter((one) => serverId === undefined || one.serverId === serverId)
      await Promise.all(chosen.map((one) => one.process?.stop()))
      if (serverId === undefined) process.off('exit', killAll)
    },
    sandbox: () => ({ kind: sandbox.kind, reason: sandbox.reason }),
    stdioCommands: parts.stdioCommands,
    checkPackage,
    async checkMount(path) {
      const found = await resolveMount(path, parts.dataDir)
      return 'problem' in found ? found.problem : undefined
    },
    pinPackage: async (connector) => connector.pinned ?? packages.pin(specOf(connector)),
    resolvePackage: (connector) => packages.pin(specOf(connector)),
    prunePackages: (used) => packages.prune(new Set(used.map(({ folder }) => folder))),
    async findPackage(connector, wanted) {
      const found = await packageStore(parts.db).find(wanted)
      if (found === undefined || found.name !== parsePackageSpec(specOf(connector))?.name) return undefined
      return { name: found.name, version: found.version, integrity: found.integrity, folder: found.folder }
    },
  }
}

type For = { readonly credential: Credential; readonly principal: string }

async function start(state: State, connector: Connector, who: For): Promise<HostedProcess> {
  checkStart(state, connector, who.principal)
  // The place is taken before anything is awaited, so that a burst cannot pass the caps together.
  const running: Running = { serverId: connector.id, principal: who.principal, process: undefined }
  state.running.add(running)
  const scratch = state.sandbox.kind === 'none' ? await mkdtemp(join(state.folder, 'home-')) : undefined
  const leave = () => {
    state.running.delete(running)
    if (scratch !== undefined) void rm(scratch, { recursive: true, force: true }).catch(() => undefined)
  }
  try {
    const launch = await launchOf(state, connector, who.credential)
    const blank = blankSecrets(Object.values(who.credential.env))
    const note = (line: string) => state.stderr.add(connector.id, line)
    const started = await startProcess(state.limit(wrap(state, launch, scratch)), {
      maxLineBytes: state.parts.maxLineBytes,
      onStderr: (line) => note(blank(line)),
    })
    running.process = started
    note(`-- started process ${started.pid}`)
    started.onExit((reason) => {
      note(`-- process ${started.pid}: ${reason}`)
      leave()
    })
    // Shutdown may have begun while the process was being started.
    if (state.stopping) await started.stop()
    return started
  } catch (error) {
    leave()
    if (error instanceof GatewayError) throw error
    const detail = 'The hosted server could not be prepared on this host.'
    throw new GatewayError('hosting-failed', detail, { cause: error, connector: connector.name })
  }
}

function checkStart(state: State, connector: Connector, principal: string): void {
  const refuse = (detail: string) => new GatewayError('hosting-failed', detail, { connector: connector.name })
  if (state.stopping) throw new GatewayError('stopping', 'The server is shutting down.')
  if (connector.kind !== 'hosted' || connector.transport !== 'stdio')
    throw refuse('This connector does not run on this server.')
  if (state.sandbox.kind === 'none') {
    if (!state.parts.unsandboxedStdio && state.parts.mayRunBare?.(connector) !== true) {
      throw refuse(
        `${state.sandbox.reason} Without a sandbox hosted servers start only with RUNLAYER_UNSANDBOXED_STDIO=1.`,
      )
    }
    state.parts.log.warn({ server_id: connector.id }, 'starting a hosted server without a sandbox')
  }
  const ofConnector = [...state.running].filter(({ serverId }) => serverId === connector.id)
  const full = (most: number, what: string) =>
    new GatewayError('busy', `${connector.name} runs its maximum of ${most} processes ${what}.`, {
      connector: connector.name,
    })
  if (ofConnector.filter((one) => one.principal === principal).length >= maxPerPerson)
    throw full(maxPerPerson, 'for one person')
  if (ofConnector.length >= maxPerConnector) throw full(maxPerConnector, 'for everybody')
  if (state.running.size >= maxProcesses) {
    throw new GatewayError('busy', `This installation runs its maximum of ${maxProcesses} hosted processes.`)
  }
}

async function launchOf(state: State, connector: Connector, credential: Credential): Promise<Launch> {
  const mounts = await Promise.all(
    connector.mounts.map(async ({ path, mode }) => {
      const found = await resolveMount(path, state.parts.dataDir)
      if ('real' in found) return { from: found.real, to: path, mode }
      throw new GatewayError('hosting-failed', `${path} cannot be mounted: ${found.problem}`, {
        connector: connector.name,
      })
    }),
  )
  const common = { env: credential.env, mounts, network: connector.network }
  const command = connector.command ?? ''
  // The list may have become narrower since the connector was saved.
  if (!state.parts.stdioCommands.includes(command)) {
    throw new GatewayError('hosting-failed', 'This host does not allow the command of this connector.', {
      connector: connector.name,
    })
  }
  if (command !== 'npx') {
    const readOnly =
      isAbsolute(command) && !command.startsWith('/usr/') ? [{ from: command, to: command }] : []
    return { ...common, command, args: credential.args, readOnly }
  }
  if (connector.pinned === undefined) {
    throw new GatewayError('hosting-failed', 'The package is not installed; activate the connector again.', {
      connector: connector.name,
    })
  }
  const { folder, program } = await state.packages.locate(connector.pinned)
  const sandboxed = state.sandbox.kind === 'bubblewrap'
  return {
    ...common,
    command: sandboxed ? inside.node : process.execPath,
    args: [
      `--max-old-space-size=${nodeHeapMib}`,
      join(sandboxed ? inside.package : folder, program),
      ...credential.args.slice(2),
    ],
    readOnly: [
      { from: process.execPath, to: inside.node },
      { from: folder, to: inside.package },
    ],
  }
}

function wrap(state: State, launch: Launch, scratch: string | undefined): Wrapped {
  if (state.sandbox.kind === 'bubblewrap') {
    return wrapInSandbox(launch, { bwrap: state.sandbox.path, accounts: state.accounts })
  }
  const home = scratch ?? state.folder
  const [file = launch.command, ...args] = gateCommand(launch.command, launch.args)
  const path = state.parts.hostEnvironment.PATH ?? '/usr/local/bin:/usr/bin:/bin'
  return {
    file,
    args,
    env: { PATH: path, HOME: home, TMPDIR: home, LANG: 'C.UTF-8', ...launch.env },
    cwd: home,
    fd3: undefined,
  }
}

function specOf(connector: Connector): string {
  const spec = connector.args[1]
  if (connector.command !== 'npx' || spec === undefined) {
    throw new GatewayError('hosting-failed', 'This connector does not run an npm package.', {
      connector: connector.name,
    })
  }
  return spec
}
