import { createHash } from 'node:crypto'
import type { Connector } from '../kernel/connector.ts'

type Described = Pick<Connector, 'transport' | 'url' | 'command' | 'args'>

/** Commands whose first plain argument names the package they run. */
const runners = new Set(['npx', 'bunx', 'uvx', 'pipx'])
const transports = { streamable_http: 'http', sse: 'sse', stdio: 'stdio' } as const

/**
 * Recognises the same server on a device whatever its secrets are (spec/edge.md §11): SHA-256 in hex over the transport
 * and the URL's origin and path, or the command's base name, package and the shape of its arguments.
 */
export function fingerprintOf(connector: Described): string {
  const parts = connector.transport === 'stdio' ? commandParts(connector) : urlParts(connector.url ?? '')
  return createHash('sha256')
    .update(JSON.stringify([transports[connector.transport], ...parts]))
    .digest('hex')
}

function urlParts(text: string): string[] {
  if (!URL.canParse(text)) return [text]
  const url = new URL(text)
  return [`${url.origin}${url.pathname.replace(/\/+$/, '')}`]
}

function commandParts(connector: Described): string[] {
  const base = baseName(connector.command ?? '')
  const args = connector.args.filter((arg) => arg !== '-y' && arg !== '--yes')
  if (!runners.has(base)) return [base, '', ...args.map(shapeOf)]
  const at = args.findIndex((arg) => !arg.startsWith('-'))
  if (at === -1) return [base, '', ...args.map(shapeOf)]
  return [base, args[at] ?? '', ...args.toSpliced(at, 1).map(shapeOf)]
}

function baseName(command: string): string {
  return (command.split(/[\\/]/).at(-1) ?? '').toLowerCase().replace(/\.(exe|cmd|bat)$/, '')
}

/** Options keep their name; every value is `*`, since paths and keys differ between people. */
function shapeOf(arg: string): string {
  if (!arg.startsWith('-')) return '*'
  const equals = arg.indexOf('=')
  return equals === -1 ? arg : `${arg.slice(0, equals)}=*`
}
