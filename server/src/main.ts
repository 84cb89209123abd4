import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import { compose } from './compose.ts'
import { composeBroker } from './compose-broker.ts'
import { type Config, readConfig } from './config/config.ts'
import type { Log } from './lib/log.ts'

/** Where the environment, the terminal and the signals of the operating system meet the product. */
const version = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version
const drainMs = 10_000

function openLog(config: Config) {
  const level = { level: config.logLevel, redact: ['authorization', 'cookie', 'secret', 'token'] }
  return pino(level, pino.destination({ dest: 2, sync: false }))
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function start(): Promise<void> {
  const config = readConfig(process.env, version)
  const log = openLog(config)
  if (config.role === 'broker') return await startBroker(config, log)
  const started = performance.now()
  const demo = process.argv.includes('--demo')
  const server = await compose({
    config,
    log,
    demo,
    hostEnvironment: process.env,
  })
  stopOnSignals(server.stop)
  await server.listen()
  const base = config.publicUrl.href.replace(/\/$/, '')
  say(
    `${config.productName} ${version} is ready after ${((performance.now() - started) / 1000).toFixed(1)} s`,
  )
  say(`  Console  ${base}/`)
  say(`  MCP      ${base}/mcp`)
  const link = await server.firstSignIn()
  if (link !== undefined)
    say(
      `  Sign in  ${link}\n           (works once, for 24 hours; "npx runlayer doctor" helps when something is wrong)`,
    )
  if (demo) {
    say('  Demo     is being added; this takes a minute the first time')
    for (const line of await server.fillDemo()) say(line)
  }
}

/** The OAuth broker alone: the same build without a gateway. */
async function startBroker(config: Config, log: Log): Promise<void> {
  const server = composeBroker({ config, log })
  stopOnSignals(server.stop)
  await server.listen()
  say(`${config.productName} ${version} OAuth broker is ready`)
  say(`  Redirect address for vendors  ${new URL('/callback', config.publicUrl).href}`)
}

/** A group signal can arrive twice, once from the terminal and once from npm: that is one wish to stop. */
const sameWishMs = 1_000

function stopOnSignals(stop: (drainMs: number) => Promise<void>): void {
  let askedAt: number | undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (askedAt !== undefined) {
        if (performance.now() - askedAt > sameWishMs) process.exit(130)
        return
      }
      askedAt = performance.now()
      stop(drainMs).then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`The server did not end in good order: ${wordsOf(error)}\n`)
          process.exit(1)
        },
      )
    })
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

start().catch((error: unknown) => {
  process.stderr.write(`${wordsOf(error)}\n`)
  if (process.env['LOG_LEVEL'] === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
