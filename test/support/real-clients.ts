import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { RunningServer } from './server.ts'

export type Answer = { content?: unknown; structuredContent?: unknown; isError?: boolean | undefined }
/** What both generations of the official client are asked here. */
export type RealClient = {
  tools(): Promise<string[]>
  call(name: string, args: Record<string, unknown>): Promise<Answer>
  close(): Promise<void>
}

const headersOf = (server: RunningServer) => ({ 'x-runlayer-api-key': server.adminKey })

export const mcpPath = '/mcp'
export const serverPath = (id: string) => `/api/v1/proxy/${id}/mcp`

/** The official client of SDK 1.x: the revisions before 2026-07-28. */
export async function legacyClient(
  server: RunningServer,
  path: string,
  capabilities: ConstructorParameters<typeof LegacyClient>[1] = {},
): Promise<LegacyClient> {
  const client = new LegacyClient({ name: 'sdk-1-client', version: '1.0.0' }, capabilities)
  const transport = new LegacyTransport(new URL(path, server.url), {
    requestInit: { headers: headersOf(server) },
  })
  await client.connect(transport as Transport)
  return client
}

/** The official client of SDK 2.x, which finds out by itself that the server speaks 2026-07-28. */
export async function modernClient(
  server: RunningServer,
  path: string,
  options: ConstructorParameters<typeof ModernClient>[1] = {},
): Promise<ModernClient> {
  const client = new ModernClient(
    { name: 'sdk-2-client', version: '2.0.0' },
    { ...options, versionNegotiation: { mode: 'auto' } },
  )
  await client.connect(
    new ModernTransport(new URL(path, server.url), { requestInit: { headers: headersOf(server) } }),
  )
  return client
}

export async function realLegacy(server: RunningServer, path: string): Promise<RealClient> {
  const client = await legacyClient(server, path)
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) => (await client.callTool({ name, arguments: args })) as Answer,
    close: () => client.close(),
  }
}

export async function realModern(server: RunningServer, path: string, key?: string): Promise<RealClient> {
  const client = await modernClient(key === undefined ? server : { ...server, adminKey: key }, path)
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) => (await client.callTool({ name, arguments: args })) as Answer,
    close: () => client.close(),
  }
}

/** A client behind a program that speaks stdio on its side and HTTP with the server. */
export async function stdioClient(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<RealClient> {
  const client = new LegacyClient({ name: 'stdio-client', version: '1.0.0' })
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [script, ...args],
    env,
    stderr: 'ignore',
  })
  await client.connect(transport)
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) => (await client.callTool({ name, arguments: args })) as Answer,
    close: () => client.close(),
  }
}

/** The inspector's command line, one process for each question. */
export function inspector(folder: string, server: RunningServer, path: string): RealClient {
  const script = join(folder, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js')
  const ask = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        script,
        '--cli',
        new URL(path, server.url).href,
        '--transport',
        'http',
        '--header',
        `x-runlayer-api-key: ${server.adminKey}`,
        ...args,
      ],
      { timeout: 60_000, env: { PATH: process.env['PATH'], HOME: server.dataDir } },
    )
    return JSON.parse(stdout) as unknown
  }
  return {
    async tools() {
      const { tools } = (await ask('--method', 'tools/list')) as { tools: { name: string }[] }
      return tools.map(({ name }) => name)
    },
    async call(name, args) {
      const pairs = Object.entries(args).flatMap(([key, value]) => [
        '--tool-arg',
        `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      ])
      return (await ask('--method', 'tools/call', '--tool-name', name, ...pairs)) as Answer
    },
    close: async () => undefined,
  }
}

export function textOf(answer: Answer): string {
  const [first] = answer.content as { text?: string }[]
  return first?.text ?? ''
}
