/** Revisions this gateway speaks, newest first. */
export const legacyVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const
export const modernVersion = '2026-07-28'
export const supportedVersions: readonly string[] = [modernVersion, ...legacyVersions]

export const metaKeys = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const

export const tasksExtension = 'io.modelcontextprotocol/tasks'

/** The revision answered to a legacy `initialize`: the client's if we speak it, else our newest legacy one. */
export function negotiate(requested: string | undefined): string {
  return legacyVersions.find((version) => version === requested) ?? legacyVersions[0]
}

const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']

export function isLogLevel(level: string | undefined): level is string {
  return level !== undefined && levels.includes(level)
}

/** True when a message of `level` is wanted by somebody who asked for `wanted` and above. */
export function passesLevel(level: string | undefined, wanted: string): boolean {
  return levels.indexOf(level ?? 'info') >= levels.indexOf(wanted)
}
