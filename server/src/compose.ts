import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Config } from './config/config.ts'
import type { ConnectorChanges } from './connectors/change-connector.ts'
import { buildControl, type Control } from './control/control.ts'
import { servedHosts } from './control/served-hosts.ts'
import { type Demo, openDemo } from './demo/demo.ts'
import { AllowedConnectors } from './gateway/allowed-connectors.ts'
import { isMcpPath } from './gateway/endpoint.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { searchSpiral } from './gateway/search-spiral.ts'
import { toolUsage } from './gateway/tool-usage.ts'
import type { Log } from './lib/log.ts'
import { peerAddress } from './lib/peer-address.ts'
import { openLimits } from './limits/limits.ts'
import { closeParts, openParts, type Parts } from './parts.ts'
import { buildRoutes, connectorChanges } from './routes.ts'
import type { SystemStatus } from './system/api.ts'

export type ComposeOptions = {
  config: Config
  log: Log
  demo: boolean
  hostEnvironment: Record<string, string | undefined>
}

export type ProductServer = {
  listen(): Promise<void>
  /** The one-time link of a first start, when nobody can sign in yet. */
  firstSignIn(): Promise<string | undefined>
  /** Adds the demo data; resolves with sentences to show, also when it did not work. */
  fillDemo(): Promise<string[]>
  /** Refuses new work, lets running calls end for at most `drainMs`, then ends everything. */
  stop(drainMs: number): Promise<void>
}

/** Builds every part and joins them: the only place that knows them all. */
export async function compose(options: ComposeOptions): Promise<ProductServer> {
  const { config, log } = options
  const parts = await openParts({ ...options, now: Date.now })
  const gateway = openGateway(parts)
  const changes = connectorChanges(parts)
  const demo = demoOf(parts, changes)
  const system = { status: () => statusOf(parts), removeDemo: () => demo.remove() }
  const control = await buildControl({
    authorization: parts.oauth,
    provisioning: parts.directory.provisioning,
    assertions: parts.sso.assertions,
    routes: buildRoutes({ ...parts, gateway, changes, system }),
    identity: parts.identity,
    journal: parts.audit.journal,
    config,
    log,
    bus: parts.storage.bus,
    checks: {
      database: async () =>
        (await parts.storage.ready())
          ? { state: 'ok' }
          : { state: 'failing', message: 'the database does not answer' },
    },
    webRoot: join(import.meta.dirname, '../../web/dist'),
  })
  // A header sent twice is joined, not cut to its first: two Host or Authorization values then fit nothing (T1, T7).
  const server = createServer({ joinDuplicateHeaders: true }, frontDoor(gateway, control))
  server.keepAliveTimeout = 65_000
  return {
    listen: () => listen(server, config),
    firstSignIn: () => parts.identity.firstSignInLink(),
    fillDemo: () => demo.fill(),
    async stop(drainMs) {
      const closed = new Promise((resolve) => server.close(resolve))
      demo.close()
      gateway.drain()
      // Again and again: a client keeps its connection after the last answer on it.
      const idle = setInterval(() => server.closeIdleConnections(), 50)
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, drainMs).unref())])
      clearInterval(idle)
      gateway.close()
      server.closeAllConnections()
      await closeParts(parts, drainMs)
      await control.close()
    },
  }
}

function openGateway(parts: Parts): Gateway {
  const { config } = parts
  return createGateway({
    ...parts,
    db: parts.storage.db,
    bus: parts.storage.bus,
    journal: parts.audit.journal,
    usage: toolUsage(parts.audit, parts.now),
    spiral: searchSpiral(),
    allowedConnectors: new AllowedConnectors(),
    limits: openLimits({ now: parts.now }),
    served: servedHosts(config),
    peerAddress: peerAddress(config.trustedProxies),
    publicUrl: config.publicUrl,
    inputScreens: config.callGuards ? [(call) => parts.guards.screens.input(call)] : [],
    outputScreens: config.callGuards ? [(call) => parts.guards.screens.output(call)] : [],
  })
}

function demoOf(parts: Parts, changes: ConnectorChanges): Demo {
  return openDemo({
    ...parts,
    dataDir: parts.config.dataDir,
    create: (settings) => changes.create(settings, { caller: undefined, demo: true }),
    revive: (id) => changes.update(id, { status: 'active' }, { caller: undefined }),
    remove: changes.remove,
  })
}

/** One port: MCP paths go to the gateway on plain node:http, everything else to REST and the console. */
function frontDoor(gateway: Gateway, control: Control) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    if (isMcpPath(mark === -1 ? url : url.slice(0, mark))) gateway.handle(request, response)
    else control.handle(request, response)
  }
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const words =
        cause.code === 'EADDRINUSE'
          ? `Port ${config.port} is taken by another program; set RUNLAYER_PORT to a free one.`
          : `The server cannot listen on ${config.bind}:${config.port}: ${cause.message}`
      reject(new Error(words, { cause }))
    })
    server.listen(config.port, config.bind, () => resolve())
  })
}

async function statusOf(parts: Parts): Promise<SystemStatus> {
  const { config, hosting, storage } = parts
  const sandbox = hosting.sandbox()
  const warnings: string[] = []
  if (storage.kind === 'embedded')
    warnings.push(
      'The embedded database survives a killed process, but not every loss of power; use PostgreSQL for production.',
    )
  for (const name of config.withoutEffect) warnings.push(`${name} is set, but has no effect in this version.`)
  if (sandbox.kind === 'none') {
    warnings.push(
      config.unsandboxedStdio
        ? 'Hosted servers run without a sandbox.'
        : `Hosted stdio servers cannot start, because no sandbox works here: ${sandbox.reason ?? 'unknown'}`,
    )
  }
  return {
    product: config.productName,
    version: config.version,
    public_url: config.publicUrl.href,
    mcp_url: new URL('/mcp', config.publicUrl).href,
    store: storage.kind,
    sandbox: { kind: sandbox.kind, reason: sandbox.reason ?? null },
    demo: parts.connectors.list().some((connector) => connector.demo),
    warnings,
  }
}
