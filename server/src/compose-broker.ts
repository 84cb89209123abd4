import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Broker, openBroker } from './broker/broker.ts'
import type { Config } from './config/config.ts'
import { openGuardedFetch } from './lib/guarded-fetch.ts'
import type { Log } from './lib/log.ts'
import { addressGuard } from './lib/network.ts'

const maxBodyBytes = 64 * 1024
const requestMs = 30_000

export type BrokerServer = { listen(): Promise<void>; stop(drainMs: number): Promise<void> }

/** The same build as the OAuth broker alone: no database, no console, no MCP. */
export function composeBroker({ config, log }: { config: Config; log: Log }): BrokerServer {
  const { broker: settings, publicUrl, version, secretKeys, allowedNetworks } = config
  if (settings === undefined) throw new Error('RUNLAYER_BROKER_VENDORS is needed by the broker')
  const fetch = openGuardedFetch({ guard: addressGuard(allowedNetworks) })
  const vendors = readFileSync(settings.vendorsFile, 'utf8')
  const { gateways } = settings
  const broker = openBroker({ publicUrl, version, vendors, gateways, secretKeys, fetch, now: Date.now, log })
  const server = createServer({ requestTimeout: requestMs }, (request, response) => {
    handle(broker, request, response).catch((error: unknown) => {
      log.warn({ err: error }, 'a request to the broker was cut off')
      response.destroy()
    })
  })
  return {
    listen: () =>
      new Promise((done, fail) => {
        server.once('error', fail)
        server.listen(config.port, config.bind, done)
      }),
    async stop(drainMs) {
      const closed = new Promise<void>((done) => server.close(() => done()))
      const timer = setTimeout(() => server.closeAllConnections(), drainMs)
      server.closeIdleConnections()
      await closed
      clearTimeout(timer)
      await fetch.close()
    },
  }
}

async function handle(broker: Broker, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) {
      response.writeHead(413, { connection: 'close' }).end()
      return
    }
    chunks.push(chunk)
  }
  const url = URL.canParse(request.url ?? '', 'http://broker.invalid')
    ? new URL(request.url ?? '', 'http://broker.invalid')
    : new URL('http://broker.invalid/')
  const answer = await broker.answer({
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    body: Buffer.concat(chunks).toString('utf8'),
  })
  response.writeHead(answer.status, answer.headers).end(answer.body)
}
