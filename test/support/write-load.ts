import { openStorage } from '../../server/src/storage/storage.ts'

/**
 * A process to be killed: opens the store in the folder given, then inserts numbers from several connections and says
 * each one on stdout after its commit was answered. On SIGTERM it closes the store and ends.
 */
const [dataDir, from] = process.argv.slice(2)
if (dataDir === undefined || from === undefined) throw new Error('usage: write-load DATA_DIR FROM')

const log = { debug() {}, info() {}, warn() {}, error() {} }
const storage = await openStorage({ databaseUrl: undefined, dataDir, log })
await storage.pool.query('CREATE TABLE IF NOT EXISTS load (n int PRIMARY KEY, pad text)')
process.stdout.write('open\n')

let next = Number(from)
let stopping = false
process.on('SIGTERM', () => {
  stopping = true
})

async function write(): Promise<void> {
  while (!stopping) {
    const n = next++
    await storage.pool.query('INSERT INTO load VALUES ($1, $2)', [n, 'x'.repeat(300)])
    process.stdout.write(`${n}\n`)
  }
}

await Promise.all([write(), write(), write()])
await storage.close()
process.stdout.write('closed\n')
