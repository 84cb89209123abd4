import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const source = join(import.meta.dirname, '../server/src')

/**
 * Modules that open or answer connections, or look names up. A file that imports one for more than its types stands in
 * `knownFiles` with the reason why no address somebody else named is reached past the guard (T11, T25).
 */
const networking =
  /^(node:)?(http|https|http2|net|tls|dgram|dns|dns\/promises|inspector)$|^(undici|ws|axios|got|node-fetch|ky|superagent|pg|redis|ioredis|nodemailer|dockerode|openid-client|oidc-provider|eventsource)$|^(drizzle-orm\/node-postgres|@aws-sdk\/|@smithy\/|@opentelemetry\/|@kubernetes\/|@slack\/|@ai-sdk\/|@modelcontextprotocol\/)|^ai$/
/** Words that open connections without an import. */
const globals =
  /(?<![\w.$'"`-])(fetch|importScripts)\s*\(|globalThis\.fetch\b|new\s+(WebSocket|EventSource|XMLHttpRequest)\b|navigator\.sendBeacon|process\.binding/

/** A function or a member of that name is no use of the global. */
const isDeclaration = /\bfunction\s+fetch\b|^\s*fetch\([^)]*\):/

const knownFiles: Readonly<Record<string, string>> = {
  'lib/network.ts': 'the guard itself: resolves names and judges addresses',
  'lib/guarded-connector.ts': 'the guard itself: judges the address really connected',
  'lib/guarded-fetch.ts': 'the guard itself: every request goes through guarded-connector',
  'lib/peer-address.ts': 'judges addresses of callers; connects nowhere',
  'compose.ts': 'listens',
  'compose-broker.ts': 'listens',
  'storage/socket-bridge.ts': 'listens on loopback, for the embedded database',
  'config/config.ts': 'reads spellings of addresses; connects nowhere',
  'policy/match-address.ts': 'reads spellings of addresses; connects nowhere',
  'sign-in/passkeys.ts': 'reads spellings of addresses; connects nowhere',
  'lib/limit-attempts.ts': 'reads spellings of addresses; connects nowhere',
  'oauth/configure-provider.ts': 'oidc-provider, whose every request is documentFetch over guarded-fetch',
  'oauth/oauth.ts': 'oidc-provider, whose every request is documentFetch over guarded-fetch',
  'oauth/check-client.ts': 'the error names of oidc-provider',
  'oauth/grant-agents.ts': 'the error names of oidc-provider',
  'oauth/exchange-token.ts': 'the error names of oidc-provider',
  'oauth/grant-assertions.ts': 'the error names of oidc-provider',
  'oauth/keep-records.ts': 'the error names of oidc-provider',
  'sso/speak-oidc.ts': 'openid-client, whose every request is its custom fetch over guarded-fetch',
  'sso/explain-oidc.ts': 'the error names of openid-client',
  'gateway/pass-on.ts': 'another process of this installation, at the address it stored itself',
  'mail/mail.ts': 'the mail server the operator named',
  'storage/storage.ts': 'the database the operator named',
  'storage/hear-notices.ts': 'the database the operator named',
  'audit/landing-worker.ts': 'the database the operator named',
}

const statement = /(?:^|\n)\s*(?:import|export)\s+(type\s)?([^'";]*?)\s*from\s*['"]([^.'"][^'"]*)['"]/g
const dynamic = /(?:import|require|getBuiltinModule)\(\s*['"`]([^.'"`][^'"`]*)['"`]\s*\)/g
const bare = /(?:^|\n)\s*import\s+['"]([^.'"][^'"]*)['"]/g

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)],
  )
}

/** `{ type A, type B }` imports nothing when the program runs. */
const onlyTypes = (names: string) =>
  /^\{[^}]*\}$/.test(names.trim()) &&
  names
    .replace(/[{}]/g, '')
    .split(',')
    .filter((name) => name.trim() !== '')
    .every((name) => name.trim().startsWith('type '))

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** How a file could open a connection of its own. */
function waysOut(raw: string): string[] {
  const text = withoutComments(raw)
  const imported = [...text.matchAll(statement)]
    .filter(([, isType, names = '']) => isType === undefined && !onlyTypes(names))
    .map((match) => match[3] ?? '')
  const others = [...text.matchAll(dynamic), ...text.matchAll(bare)].map((match) => match[1] ?? '')
  const words = text
    .split('\n')
    .filter((line) => globals.test(line) && !isDeclaration.test(line))
    .map((line) => line.trim())
  return [...[...imported, ...others].filter((name) => networking.test(name)), ...words]
}

const files = filesUnder(source).filter(
  (file) => /\.(ts|mjs|js)$/.test(file) && !/\.test\.ts$/.test(file) && !file.includes('/guards/detectors/'),
)

describe('ways out of the server', () => {
  test('every file that could open a connection is known, with its reason', () => {
    expect(files.length).toBeGreaterThan(200)
    const found = files.flatMap((file) => {
      const ways = waysOut(readFileSync(file, 'utf8'))
      return ways.length === 0 ? [] : [{ file: relative(source, file), ways }]
    })
    // Reach addresses that somebody else named through lib/guarded-fetch.ts; else say above why none is.
    expect(found.filter(({ file }) => knownFiles[file] === undefined)).toEqual([])
    const named = new Set(found.map(({ file }) => file))
    expect(Object.keys(knownFiles).filter((file) => !named.has(file))).toEqual([])
  })

  test('the guard is what makes the agent of guarded-fetch and the pools of upstreams connect', () => {
    const read = (file: string) => readFileSync(join(source, file), 'utf8')
    expect(read('lib/guarded-fetch.ts')).toContain('connect: guardedConnector(')
    expect(read('upstream/origin-pools.ts')).toContain('const connect = guardedConnector(')
    expect(read('oauth/oauth.ts')).toContain('fetch: documentFetch(guarded)')
  })

  test.each([
    ["import { request } from 'node:https'", ['node:https']],
    ["import { type Server, createServer } from 'node:http'", ['node:http']],
    ["import type { Server } from 'node:http'", []],
    ["import { type Server } from 'node:http'", []],
    ["const net = await import('node:net')", ['node:net']],
    ["import 'undici'", ['undici']],
    ['const answer = await fetch(url)', ['const answer = await fetch(url)']],
    ['const answer = await globalThis.fetch(url)', ['const answer = await globalThis.fetch(url)']],
    ['const socket = new WebSocket(url)', ['const socket = new WebSocket(url)']],
    ['const answer = await guarded.fetch(url)', []],
    ['// fetch(url) would be wrong here', []],
  ])('%s', (text, ways) => {
    expect(waysOut(text)).toEqual(ways)
  })
})
