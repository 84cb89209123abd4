import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { type BrokerSettings, brokerFields, brokerFrom, brokerMistakes } from './broker.ts'
import {
  type SecretStoreSettings,
  secretStoreFields,
  secretStoreMistakes,
  secretStoresFrom,
} from './secret-stores.ts'

/** Everything the environment decides (contract.md §2), read once at boot. */
export type Config = {
  readonly productName: string
  readonly version: string
  readonly port: number
  readonly bind: string
  readonly publicUrl: URL
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  /** First encrypts, all decrypt. Empty: generate one into the data folder (embedded store only). */
  readonly secretKeys: readonly Buffer[]
  readonly admin: { email: string; apiKey: string } | undefined
  /** CIDRs connectors may reach besides public addresses. */
  readonly allowedNetworks: readonly string[]
  readonly unsandboxedStdio: boolean
  readonly stdioCommands: readonly string[]
  readonly internalUrl: string | undefined
  readonly trustedProxies: readonly string[]
  readonly metricsToken: string | undefined
  /** Where letters are handed in; without it links are passed on by hand. */
  readonly smtpUrl: URL | undefined
  /** The guards look at every call; the scan API is there either way. */
  readonly callGuards: boolean
  /** `broker`: nothing of the gateway runs here. */
  readonly role: 'all' | 'broker'
  readonly broker: BrokerSettings | undefined
  /** The OAuth broker this gateway may sign people in through. */
  readonly oauthBrokerUrl: string | undefined
  /** Where connectors may keep their secrets instead of here. */
  readonly secretStores: SecretStoreSettings
  /** Settings that were given and have no effect in this version: shown to the operator. */
  readonly withoutEffect: readonly string[]
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  readonly limits: {
    readonly requestBytes: number
    readonly upstreamBytes: number
    readonly jsonDepth: number
    readonly listPages: number
    readonly callIdleMs: number
  }
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost', '[::1]'])

/** True for the names and addresses of this very machine. */
export function isLoopbackHost(host: string): boolean {
  return loopback.has(host) || /^127(\.\d{1,3}){3}$/.test(host)
}

function isCidr(text: string): boolean {
  const [address, bits] = text.split('/')
  const family = isIP(address ?? '')
  if (family === 0) return false
  if (bits === undefined) return true
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

const list = (rule: (item: string) => boolean, message: string) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .refine((items) => items.every(rule), { message })

const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true')
const positive = z.coerce.number().int().positive()

const Environment = z.object({
  RUNLAYER_PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  RUNLAYER_BIND: z
    .string()
    .refine((host) => isIP(host) !== 0 || host === 'localhost', {
      message: 'must be an IP address or localhost',
    })
    .default('127.0.0.1'),
  RUNLAYER_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  RUNLAYER_DATA_DIR: z.string().min(1).default('.runlayer'),
  RUNLAYER_DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, { message: 'must start with postgres://' })
    .optional(),
  RUNLAYER_SECRET_KEY: list(
    (key) => Buffer.from(key, 'base64').length === 32,
    'each key must be 32 bytes in base64',
  ).optional(),
  RUNLAYER_ADMIN_EMAIL: z.email().optional(),
  RUNLAYER_ADMIN_API_KEY: z
    .string()
    .regex(/^rl_[A-Za-z0-9_-]{32,}$/, {
      message: 'must be rl_ and at least 32 more characters of A-Z a-z 0-9 _ -',
    })
    .optional(),
  RUNLAYER_ALLOWED_UPSTREAM_NETWORKS: list(
    isCidr,
    'must be CIDRs such as 10.0.0.0/8, separated by commas',
  ).optional(),
  RUNLAYER_UNSANDBOXED_STDIO: flag.default(false),
  RUNLAYER_CALL_GUARDS: z.enum(['on', 'off']).default('on'),
  RUNLAYER_STDIO_COMMANDS: list((name) => name.length > 0, 'must be command names').default(['npx']),
  RUNLAYER_INTERNAL_URL: z.url({ protocol: /^https?$/ }).optional(),
  RUNLAYER_TRUSTED_PROXIES: list(isCidr, 'must be CIDRs, separated by commas').default([]),
  RUNLAYER_METRICS_TOKEN: z.string().min(16, { message: 'must be at least 16 characters' }).optional(),
  RUNLAYER_SMTP_URL: z
    .url({ protocol: /^smtps?$/, message: 'must start with smtp:// or smtps://' })
    .optional(),
  RUNLAYER_MAX_REQUEST_BYTES: positive.default(4 * 1024 * 1024),
  RUNLAYER_MAX_UPSTREAM_BYTES: positive.default(32 * 1024 * 1024),
  RUNLAYER_MAX_JSON_DEPTH: positive.default(64),
  RUNLAYER_MAX_LIST_PAGES: positive.default(100),
  RUNLAYER_CALL_IDLE_MS: positive.default(60_000),
  RUNLAYER_PRODUCT_NAME: z.string().min(1).max(60).default('Runlayer'),
  RUNLAYER_ROLE: z
    .enum(['all', 'broker'], {
      message: 'must be all or broker: this version serves every role of the gateway in one process',
    })
    .default('all'),
  ...secretStoreFields,
  ...brokerFields,
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})
type Environment = z.output<typeof Environment>

/** Rules that join two settings. Each returns what is wrong, or nothing. */
function crossMistakes(env: Environment): string[] {
  const wrong: string[] = [...secretStoreMistakes(env), ...brokerMistakes(env)]
  if ((env.RUNLAYER_ADMIN_EMAIL === undefined) !== (env.RUNLAYER_ADMIN_API_KEY === undefined)) {
    wrong.push('RUNLAYER_ADMIN_EMAIL and RUNLAYER_ADMIN_API_KEY: set both or neither')
  }
  if (env.RUNLAYER_DATABASE_URL !== undefined && (env.RUNLAYER_SECRET_KEY ?? []).length === 0) {
    wrong.push('RUNLAYER_SECRET_KEY: required with RUNLAYER_DATABASE_URL (32 bytes in base64)')
  }
  if (env.RUNLAYER_PUBLIC_URL !== undefined) {
    const url = new URL(env.RUNLAYER_PUBLIC_URL)
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname))
      wrong.push('RUNLAYER_PUBLIC_URL: https is required unless the host is loopback')
    if (url.search !== '' || url.hash !== '' || url.username !== '')
      wrong.push('RUNLAYER_PUBLIC_URL: must have no query, fragment or user')
  }
  return wrong
}

/** The names this reader knows that start with RUNLAYER_; anything else with that prefix is a typing mistake. */
const known = new Set(Object.keys(Environment.shape))
const readElsewhere = new Set(['RUNLAYER_API_KEY', 'RUNLAYER_BASE_URL', 'RUNLAYER_LONG'])

/** Settings of parts that are not in this version. Giving them is no mistake, but somebody should know. */
const laterSettings = ['RUNLAYER_REDIS_URL', 'RUNLAYER_S3_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT']

/**
 * The only reader of the environment. Reports every mistake at once by throwing one Error whose message lists them.
 * `version` is the version of the product, for health and serverInfo.
 */
export function readConfig(source: Record<string, string | undefined>, version: string): Config {
  const env = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Environment.safeParse(env)
  const wrong = parsed.success
    ? crossMistakes(parsed.data)
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  for (const name of Object.keys(env)) {
    if (
      name.startsWith('RUNLAYER_') &&
      !known.has(name) &&
      !readElsewhere.has(name) &&
      !laterSettings.includes(name)
    )
      wrong.push(`${name}: no such setting`)
  }
  if (!parsed.success || wrong.length > 0)
    throw new Error(`The configuration is not valid:\n${wrong.map((line) => `  - ${line}`).join('\n')}`)
  return toConfig(parsed.data, {
    version,
    withoutEffect: laterSettings.filter((name) => env[name] !== undefined),
  })
}

function toConfig(
  env: Environment,
  { version, withoutEffect }: Pick<Config, 'version' | 'withoutEffect'>,
): Config {
  const publicUrl = new URL(env.RUNLAYER_PUBLIC_URL ?? `http://localhost:${env.RUNLAYER_PORT}`)
  const localOnly = isLoopbackHost(env.RUNLAYER_BIND)
  return {
    productName: env.RUNLAYER_PRODUCT_NAME,
    version,
    port: env.RUNLAYER_PORT,
    bind: env.RUNLAYER_BIND,
    publicUrl,
    dataDir: resolve(env.RUNLAYER_DATA_DIR),
    databaseUrl: env.RUNLAYER_DATABASE_URL,
    secretKeys: (env.RUNLAYER_SECRET_KEY ?? []).map((key) => Buffer.from(key, 'base64')),
    admin:
      env.RUNLAYER_ADMIN_EMAIL !== undefined && env.RUNLAYER_ADMIN_API_KEY !== undefined
        ? { email: env.RUNLAYER_ADMIN_EMAIL, apiKey: env.RUNLAYER_ADMIN_API_KEY }
        : undefined,
    allowedNetworks: env.RUNLAYER_ALLOWED_UPSTREAM_NETWORKS ?? (localOnly ? ['127.0.0.0/8', '::1/128'] : []),
    unsandboxedStdio: env.RUNLAYER_UNSANDBOXED_STDIO,
    stdioCommands: env.RUNLAYER_STDIO_COMMANDS,
    internalUrl: env.RUNLAYER_INTERNAL_URL,
    trustedProxies: env.RUNLAYER_TRUSTED_PROXIES,
    metricsToken: env.RUNLAYER_METRICS_TOKEN,
    smtpUrl: env.RUNLAYER_SMTP_URL === undefined ? undefined : new URL(env.RUNLAYER_SMTP_URL),
    callGuards: env.RUNLAYER_CALL_GUARDS === 'on',
    secretStores: secretStoresFrom(env),
    role: env.RUNLAYER_ROLE,
    broker: brokerFrom(env),
    oauthBrokerUrl: env.RUNLAYER_OAUTH_BROKER_URL?.replace(/\/+$/, ''),
    withoutEffect,
    logLevel: env.LOG_LEVEL,
    limits: {
      requestBytes: env.RUNLAYER_MAX_REQUEST_BYTES,
      upstreamBytes: env.RUNLAYER_MAX_UPSTREAM_BYTES,
      jsonDepth: env.RUNLAYER_MAX_JSON_DEPTH,
      listPages: env.RUNLAYER_MAX_LIST_PAGES,
      callIdleMs: env.RUNLAYER_CALL_IDLE_MS,
    },
  }
}
