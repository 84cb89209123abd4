import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { freshDatabase, postgresMissing, quietLog } from '../../../test/support/stores.ts'
import { openNoticeBus } from './notice-bus.ts'
import { openStorage } from './storage.ts'

const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

const missing = postgresMissing()

/** A way to the database that can be cut (silent, connections stay) and opened again. */
async function openTunnel(databaseUrl: string) {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let cut = false
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    near.on('data', (chunk) => cut || far.write(chunk))
    far.on('data', (chunk) => cut || near.write(chunk))
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const through = new URL(databaseUrl)
  through.port = String((server.address() as AddressInfo).port)
  const destroy = () => {
    for (const socket of sockets) socket.destroy()
  }
  endings.push(async () => {
    destroy()
    server.close()
  })
  return {
    url: through.href,
    cut: () => {
      cut = true
    },
    /** Connections that were cut are lost; new ones work. */
    restore: () => {
      cut = false
      destroy()
    },
  }
}

function openPool(url: string) {
  const pool = new pg.Pool({ connectionString: url, query_timeout: 500, connectionTimeoutMillis: 500 })
  pool.on('error', () => undefined)
  endings.push(() => pool.end())
  return pool
}

describe.skipIf(missing !== undefined)(
  `notices between processes${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    async function openTwo() {
      const databaseUrl = await freshDatabase()
      const open = async () => {
        const storage = await openStorage({ databaseUrl, dataDir: '/nonexistent', log: quietLog })
        endings.push(() => storage.close())
        return storage
      }
      return { databaseUrl, a: await open(), b: await open() }
    }

    test('the other process hears within a second, the own one hears once', async () => {
      const { a, b } = await openTwo()
      const heard = { a: [] as string[], b: [] as string[] }
      a.bus.on('policy', (id) => void heard.a.push(id))
      b.bus.on('policy', (id) => void heard.b.push(id))
      await a.bus.publish('policy', 'p1')
      await expect.poll(() => heard.b, { timeout: 1000, interval: 5 }).toEqual(['p1'])
      await b.bus.publish('policy', 'p2')
      await expect.poll(() => heard.a, { timeout: 1000, interval: 5 }).toEqual(['p1', 'p2'])
      expect(heard).toEqual({ a: ['p1', 'p2'], b: ['p1', 'p2'] })
    })

    test('a broken listening connection is made again and everything is read again', async () => {
      const { a, b } = await openTwo()
      const heard: string[] = []
      b.bus.on('policy', (id) => void heard.push(id))
      await a.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'runlayer-notices'`,
      )
      await expect.poll(() => heard, { timeout: 4000, interval: 20 }).toContain('*')
      heard.length = 0
      await expect
        .poll(
          async () => {
            await a.bus.publish('policy', 'after')
            return heard
          },
          { timeout: 4000, interval: 50 },
        )
        .toContain('after')
    })

    test('an id too long for a notice becomes read everything', async () => {
      const { a, b } = await openTwo()
      const heard: string[] = []
      b.bus.on('policy', (id) => void heard.push(id))
      await a.bus.publish('policy', 'x'.repeat(9000))
      await expect.poll(() => heard, { timeout: 1000, interval: 5 }).toEqual(['*'])
    })

    test('foreign payloads on the channel are ignored', async () => {
      const { a, b } = await openTwo()
      const heard: string[] = []
      b.bus.on('policy', (id) => void heard.push(id))
      for (const payload of ['', 'null', '{}', '{"topic":"policy"}', 'not json']) {
        await a.pool.query(`SELECT pg_notify('runlayer_changes', $1)`, [payload])
      }
      await a.bus.publish('policy', 'real')
      await expect.poll(() => heard, { timeout: 1000, interval: 5 }).toEqual(['real'])
    })

    test('while deaf for more than five seconds each request reads again, once for all that wait', async () => {
      const databaseUrl = await freshDatabase()
      const tunnel = await openTunnel(databaseUrl)
      let now = 1000
      const pool = openPool(databaseUrl)
      const bus = await openNoticeBus({ connectionString: tunnel.url, pool, log: quietLog, now: () => now })
      endings.push(() => bus.close())
      let readings = 0
      bus.on('policy', async (id) => {
        if (id === '*') readings += 1
      })
      tunnel.cut()
      now += 5000
      expect(bus.ensureFresh()).toBeUndefined()
      now += 60_000
      const waiting = [bus.ensureFresh(), bus.ensureFresh()]
      expect(waiting[0]).toBeInstanceOf(Promise)
      await Promise.all(waiting)
      expect(readings).toBe(1)
      await bus.ensureFresh()
      expect(readings).toBe(2)
    })

    test('while deaf and without an answer of the database requests are refused as busy', async () => {
      const databaseUrl = await freshDatabase()
      const tunnel = await openTunnel(databaseUrl)
      let now = 1000
      const bus = await openNoticeBus({
        connectionString: tunnel.url,
        pool: openPool(tunnel.url),
        log: quietLog,
        now: () => now,
      })
      endings.push(() => bus.close())
      tunnel.cut()
      now += 60_000
      await expect(bus.ensureFresh()).rejects.toMatchObject({ reason: 'busy' })
      tunnel.restore()
      await expect.poll(() => bus.ensureFresh(), { timeout: 6000, interval: 50 }).toBeUndefined()
    })

    test('a reading that fails while deaf refuses the request', async () => {
      const databaseUrl = await freshDatabase()
      const tunnel = await openTunnel(databaseUrl)
      let now = 1000
      const pool = openPool(databaseUrl)
      const bus = await openNoticeBus({ connectionString: tunnel.url, pool, log: quietLog, now: () => now })
      endings.push(() => bus.close())
      bus.on('policy', () => Promise.reject(new Error('cannot read')))
      tunnel.cut()
      now += 60_000
      await expect(bus.ensureFresh()).rejects.toMatchObject({ reason: 'busy' })
    })
  },
)
