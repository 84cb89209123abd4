import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { authorizationServer } from '../fixtures/authorization-server.ts'
import { freshServer } from '../support/fresh-server.ts'
import { answerOf, modernRequest, send } from '../support/raw-mcp.ts'
import { freePort, startServer } from '../support/server.ts'
import { addConnector, addPerson, allow } from '../support/world.ts'

test('gateway and broker as processes: one vendor address, a sign-in through both, a call with the token', async () => {
  const vendor = await authorizationServer()
  vendor.addClient('broker-app', 'vendor-secret')
  const folder = await mkdtemp(join(tmpdir(), 'runlayer-broker-'))
  const vendors = join(folder, 'vendors.json')
  const tickets = {
    name: 'Tickets',
    authorization_url: `${vendor.origin}/authorize`,
    token_url: `${vendor.origin}/token`,
    client_id: 'broker-app',
    client_secret: 'vendor-secret',
  }
  await writeFile(vendors, JSON.stringify({ tickets }))
  const [brokerPort, port] = [await freePort(), await freePort()]
  const broker = await startServer({
    dataDir: folder,
    port: brokerPort,
    env: {
      RUNLAYER_ROLE: 'broker',
      RUNLAYER_BROKER_VENDORS: vendors,
      RUNLAYER_BROKER_GATEWAYS: `http://localhost:${port}`,
      RUNLAYER_SECRET_KEY: Buffer.alloc(32, 3).toString('base64'),
    },
  })
  const gateway = await freshServer({
    port,
    env: { RUNLAYER_OAUTH_BROKER_URL: `http://localhost:${brokerPort}` },
  })
  try {
    expect((await fetch(new URL('/mcp', broker.url), { method: 'POST' })).status).toBe(404)
    const auth = { type: 'oauth', broker: 'tickets', scopes: ['read'] }
    const made = await addConnector(gateway, 'Tickets', vendor.mcpUrl, { auth })
    const ada = await addPerson(gateway, 'ada')
    await allow(gateway, [ada], [made])
    const path = `/api/v1/servers/${made.id}/connection/authorize`
    let address = (await gateway.api<{ url: string }>('POST', path, undefined, ada.key)).url
    expect(address.startsWith(`http://localhost:${brokerPort}/authorize?`)).toBe(true)
    for (let hop = 0; hop < 3; hop++)
      address = (await fetch(address, { redirect: 'manual' })).headers.get('location') ?? ''
    expect(address.startsWith(`http://localhost:${port}/connections/callback?`)).toBe(true)
    const answer = Object.fromEntries(new URL(address).searchParams)
    await gateway.api('POST', '/api/v1/connections/complete', answer, ada.key)
    const call = { method: 'tools/call', params: { name: 'whoami', arguments: {} } }
    const called = answerOf(await send(made.url, modernRequest(ada.key, call)))
    expect(called.result).toMatchObject({ content: [{ text: 'scope read' }] })
  } finally {
    await Promise.all([gateway.remove(), broker.remove()])
    await vendor.close()
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)
