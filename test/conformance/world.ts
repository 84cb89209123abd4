import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, request as forward, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type RunningServer, root, startServer } from '../support/server.ts'

export const fixtureEras = ['both', 'modern', 'legacy'] as const
/** Which eras the fixture behind the gateway speaks. */
export type FixtureEra = (typeof fixtureEras)[number]

export type World = {
  /** Where the suite reaches a fixture of both eras itself; no gateway is before this one. */
  readonly directUrl: string
  /** Where it reaches a fixture of this era through the gateway. */
  gatewayUrl(era: FixtureEra): string
  /** What the server wrote, for failures. */
  output(): string
  close(): Promise<void>
}

type Fixture = { url: string; process: ChildProcess }

function startFixture(era: FixtureEra): Promise<Fixture> {
  const path = join(root, 'test/fixtures/conformance-server.ts')
  const child = spawn(process.execPath, [path, '--era', era], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the fixture ended with ${code}`)))
    child.stdout.once('data', (line: Buffer) => resolve({ url: line.toString().trim(), process: child }))
  })
}

/**
 * The suite sends no key, so this stands before one endpoint and adds it. Everything else arrives as it was sent: Host and
 * Origin too, because the server's own answer to them is what a scenario is about.
 */
function startShim(target: URL, key: string): Promise<Server> {
  const shim = createServer((incoming, response) => {
    const outgoing = forward(
      {
        host: target.hostname,
        port: target.port,
        path: target.pathname,
        method: incoming.method,
        setHost: false,
        headers: [...incoming.rawHeaders, 'x-runlayer-api-key', key],
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
        response.flushHeaders()
        answer.pipe(response)
        answer.on('error', () => response.destroy())
      },
    )
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
  return new Promise((resolve) => shim.listen(0, '127.0.0.1', () => resolve(shim)))
}

async function openEndpoint(server: RunningServer, era: FixtureEra, fixture: Fixture): Promise<Server> {
  const connector = await server.api<{ id: string }>('POST', '/api/v1/servers', {
    name: `Fixture ${era}`,
    transport: 'streamable_http',
    url: fixture.url,
    auth: { type: 'none' },
    status: 'active',
  })
  return startShim(new URL(`/api/v1/proxy/${connector.id}/mcp`, server.url), server.adminKey)
}

const urlOf = (shim: Server) => `http://localhost:${(shim.address() as AddressInfo).port}/mcp`

/** Fixtures of each era, one gateway before them and a shim before each of its endpoints. */
export async function openWorld(): Promise<World> {
  const ends: (() => unknown)[] = []
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end()
  }
  try {
    const launch = async (era: FixtureEra) => {
      const fixture = await startFixture(era)
      ends.push(() => fixture.process.kill())
      return fixture
    }
    const [server, direct, ...fixtures] = await Promise.all([
      startServer({ env: { RUNLAYER_ALLOWED_UPSTREAM_NETWORKS: '127.0.0.0/8' } }).then((started) => {
        ends.push(() => started.remove())
        return started
      }),
      launch('both'),
      ...fixtureEras.map(launch),
    ])
    const endpoints = new Map<FixtureEra, string>()
    for (const [index, era] of fixtureEras.entries()) {
      const fixture = fixtures[index]
      if (fixture === undefined) throw new Error(`there is no fixture for ${era}`)
      const shim = await openEndpoint(server, era, fixture)
      ends.push(() => {
        shim.closeAllConnections()
        shim.close()
      })
      endpoints.set(era, urlOf(shim))
    }
    return {
      directUrl: direct.url.replace('127.0.0.1', 'localhost'),
      gatewayUrl: (era) => endpoints.get(era) ?? '',
      output: () => server.output(),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
