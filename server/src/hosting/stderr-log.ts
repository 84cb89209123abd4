import type { ServerId } from '../kernel/ids.ts'

const maxLines = 200
/** Shorter values would blank ordinary words. */
const minSecretLength = 6

/** The last lines each connector's processes wrote to stderr, bounded, with secrets and control characters made visible as such. */
export type StderrLog = {
  add(serverId: ServerId, line: string): void
  lines(serverId: ServerId): readonly string[]
  forget(serverId: ServerId): void
}

export function stderrLog(now: () => number): StderrLog {
  const rings = new Map<ServerId, string[]>()
  return {
    add(serverId, line) {
      const ring = rings.get(serverId) ?? []
      rings.set(serverId, ring)
      ring.push(`${new Date(now()).toISOString()} ${escapeControls(line)}`)
      if (ring.length > maxLines) ring.shift()
    },
    lines: (serverId) => [...(rings.get(serverId) ?? [])],
    forget: (serverId) => {
      rings.delete(serverId)
    },
  }
}

/** A function that blanks these secrets in a text: a server may well print the environment it was given. */
export function blankSecrets(secrets: readonly string[]): (text: string) => string {
  const long = secrets
    .filter((secret) => secret.length >= minSecretLength)
    .sort((a, b) => b.length - a.length)
  return (text) => long.reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), text)
}

function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    if (character === '\t') return ' '
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}
