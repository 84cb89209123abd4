import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AuthorizationServer, authorizationServer } from '../fixtures/authorization-server.ts'
import { type Fixture, serve } from '../fixtures/http-fixture.ts'
import { freshServer } from '../support/fresh-server.ts'
import type { RunningServer } from '../support/server.ts'

/**
 * T11, T23: what an upstream or its documents name is judged like any other address. 127.0.0.1 stands for the networks the
 * operator allowed, 127.0.0.2 for everything inside that nobody did: it counts who knocks.
 */
let server: RunningServer
let inside: Server
let insideUrl: string
let knocks = 0
const upstreams: (Fixture | AuthorizationServer)[] = []

beforeAll(async () => {
  inside = createServer((_request, response) => response.end('{"secret":"of the inside"}'))
  inside.on('connection', () => {
    knocks += 1
  })
  await new Promise<void>((done) => inside.listen(0, '127.0.0.2', done))
  insideUrl = `http://127.0.0.2:${(inside.address() as AddressInfo).port}`
  server = await freshServer({ env: { RUNLAYER_ALLOWED_UPSTREAM_NETWORKS: '127.0.0.1/32' } })
}, 60_000)
beforeEach(() => {
  knocks = 0
})
afterAll(async () => {
  await server?.remove()
  await Promise.all(upstreams.map((each) => each.close()))
  inside?.close()
})

type Shown = { id: string; health: string; health_message: string | null }

function connect(url: string, auth: object = { type: 'none' }, more: object = {}): Promise<Shown> {
  const body = { name: 'Suspect', transport: 'streamable_http', url, auth, status: 'active', ...more }
  return server.api<Shown>('POST', '/api/v1/servers', body)
}

/** The words with which the person's sign-in is refused. */
async function refusal(made: Shown): Promise<string> {
  const path = `/api/v1/servers/${made.id}/connection/authorize`
  return await server.api('POST', path).then(
    () => 'not refused',
    (error: Error) => error.message,
  )
}

test('a knock at the inside would be counted', async () => {
  await fetch(insideUrl)
  expect(knocks).toBe(1)
})

describe('T11 addresses of connectors', () => {
  test.each([
    ['loopback that was not allowed', () => insideUrl],
    ['cloud metadata', () => 'http://169.254.169.254/latest/meta-data/'],
    ['cloud metadata of IPv6', () => 'http://[fd00:ec2::254]/latest/meta-data/'],
    ['a private network', () => 'http://10.0.0.1/mcp'],
    ['one number', () => insideUrl.replace('127.0.0.2', '2130706434')],
    ['hexadecimal', () => insideUrl.replace('127.0.0.2', '0x7f000002')],
    ['octal', () => insideUrl.replace('127.0.0.2', '0177.0.0.2')],
    ['mapped', () => insideUrl.replace('127.0.0.2', '[::ffff:127.0.0.2]')],
    ['mapped in hexadecimal', () => insideUrl.replace('127.0.0.2', '[::ffff:7f00:2]')],
    ['translated', () => insideUrl.replace('127.0.0.2', '[64:ff9b::7f00:2]')],
    ['6to4', () => insideUrl.replace('127.0.0.2', '[2002:7f00:2::]')],
    ['unspecified', () => insideUrl.replace('127.0.0.2', '0.0.0.0')],
  ])('%s is never reached', async (_name, url) => {
    const made = await connect(url())
    expect(made.health).toBe('failing')
    expect(made.health_message).toMatch(/not a public address/)
    expect(knocks).toBe(0)
  })

  test.each([307, 308, 302, 301, 303])('a redirect %i to the inside is not followed', async (status) => {
    const upstream = await serve((_request, response) => {
      response.writeHead(status, { location: `${insideUrl}/mcp` }).end()
    })
    upstreams.push(upstream)
    expect((await connect(upstream.url)).health).toBe('failing')
    expect(knocks).toBe(0)
  })

  test('the message address of an HTTP+SSE upstream stays at its origin', async () => {
    const upstream = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`event: endpoint\ndata: ${insideUrl}/messages\n\n`)
    })
    upstreams.push(upstream)
    const made = await connect(upstream.url, { type: 'none' }, { transport: 'sse' })
    expect(made.health).toBe('failing')
    expect(knocks).toBe(0)
  })

  test('icons that a server names are not fetched', async () => {
    const icons = [{ src: `${insideUrl}/icon.png`, mimeType: 'image/png' }]
    const upstream = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const message = JSON.parse(Buffer.concat(chunks).toString() || '{}') as {
          id?: number
          method: string
        }
        if (message.id === undefined) return void response.writeHead(202).end()
        const result =
          message.method === 'initialize'
            ? {
                protocolVersion: '2025-11-25',
                capabilities: { tools: {} },
                serverInfo: { name: 'pictured', version: '1', icons },
              }
            : { tools: [{ name: 'look', inputSchema: { type: 'object' }, icons }] }
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }))
      })
    })
    upstreams.push(upstream)
    expect((await connect(upstream.url, undefined, { protocol: 'legacy' })).health).toBe('ok')
    expect(knocks).toBe(0)
  })
})

describe('T11 addresses in documents of upstreams', () => {
  async function challenging(more: string, documents: Record<string, unknown> = {}): Promise<Fixture> {
    const upstream = await serve((request, response) => {
      const found = documents[new URL(request.url ?? '/', 'http://x').pathname]
      if (found === undefined) {
        const challenge = `Bearer realm="x"${more}`
        return void response
          .writeHead(request.method === 'POST' ? 401 : 404, {
            'www-authenticate': challenge,
          })
          .end()
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found))
    })
    upstreams.push(upstream)
    return upstream
  }

  test('resource metadata named by a challenge', async () => {
    const upstream = await challenging(`, resource_metadata="${insideUrl}/prm"`)
    expect(await refusal(await connect(upstream.url, { type: 'oauth' }))).toMatch(/not a public address/)
    expect(knocks).toBe(0)
  })

  test('the authorization server named by resource metadata', async () => {
    const documents: Record<string, unknown> = {}
    const upstream = await challenging('', documents)
    documents['/.well-known/oauth-protected-resource/mcp'] = {
      resource: upstream.url,
      authorization_servers: [insideUrl],
    }
    expect(await refusal(await connect(upstream.url, { type: 'oauth' }))).toMatch(/not a public address/)
    expect(knocks).toBe(0)
  })

  test.each([
    ['registration_endpoint', 'begin'],
    ['token_endpoint', 'finish'],
    ['revocation_endpoint', 'disconnect'],
  ])('the %s of authorization server metadata', async (member, when) => {
    const upstream = await authorizationServer()
    upstreams.push(upstream)
    upstream.on.metadataMembers = { [member]: `${insideUrl}/endpoint` }
    const made = await connect(upstream.mcpUrl, { type: 'oauth' })
    if (when === 'begin') expect(await refusal(made)).toMatch(/not a public address/)
    else {
      const begun = await server.api<{ url: string }>(
        'POST',
        `/api/v1/servers/${made.id}/connection/authorize`,
      )
      const done = server.api('POST', '/api/v1/connections/complete', await upstream.consent(begun.url))
      if (when === 'finish') await expect(done).rejects.toThrow(/not a public address/)
      else {
        await done
        // Telling the server is an attempt; forgetting here is what counts.
        expect(await server.api('DELETE', `/api/v1/servers/${made.id}/connection`)).toMatchObject({
          state: 'needs_sign_in',
        })
      }
    }
    expect(knocks).toBe(0)
  })

  test('an endpoint that answers with a redirect to the inside', async () => {
    const upstream = await authorizationServer()
    upstreams.push(upstream)
    upstream.on.tokenRedirect = `${insideUrl}/token`
    const made = await connect(upstream.mcpUrl, { type: 'oauth' })
    const begun = await server.api<{ url: string }>('POST', `/api/v1/servers/${made.id}/connection/authorize`)
    const done = server.api('POST', '/api/v1/connections/complete', await upstream.consent(begun.url))
    await expect(done).rejects.toThrow(/status 307/)
    expect(knocks).toBe(0)
  })
})
