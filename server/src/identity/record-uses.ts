import type { Proof } from '../kernel/caller.ts'
import type { Log } from '../lib/log.ts'
import type { TokenSource } from './authenticate-caller.ts'
import type { KeyStore } from './proof-store.ts'
import type { SessionStore } from './session-store.ts'

/** The last use of a key or session, kept with its cached caller. */
export type Use = {
  kind: Proof['kind']
  id: string
  at: number
  ip: string
  isNoted: boolean
}

export type Uses = {
  /** Costs two assignments most of the time: it runs with every request. */
  note(use: Use, at: number, ip: string): void
  write(): Promise<void>
  close(): Promise<void>
}

const writeMs = 60_000
/** Uses waiting to be written; more are not noted until the next write. */
const maxUses = 10_000
const perStatement = 1_000

/** Writes who used which key and session when, at most once a minute in few statements. */
export function recordUses(parts: {
  keys: KeyStore
  sessions: SessionStore
  tokens: Pick<TokenSource, 'recordUses' | 'recordAgentUses'>
  log: Log
}): Uses {
  let noted: Use[] = []

  const write = async (): Promise<void> => {
    const uses = noted
    noted = []
    const latest = new Map<string, Use>()
    for (const use of uses) {
      use.isNoted = false
      if (use.at >= (latest.get(use.id)?.at ?? 0)) latest.set(use.id, use)
    }
    const rows = [...latest.values()].map(({ kind, id, at, ip }) => ({ kind, id, at: new Date(at), ip }))
    for (let from = 0; from < rows.length; from += perStatement) {
      const portion = rows.slice(from, from + perStatement)
      await parts.keys.recordUses(
        portion.filter(({ kind }) => kind === 'api_key' || kind === 'organization_key'),
      )
      await parts.sessions.recordSeen(portion.filter(({ kind }) => kind === 'session'))
      await parts.tokens.recordUses(portion.filter(({ kind }) => kind === 'access_token'))
      await parts.tokens.recordAgentUses(portion.filter(({ kind }) => kind === 'agent_token'))
    }
  }
  const writeQuietly = () =>
    write().catch((error) => parts.log.warn({ err: error }, 'last uses of keys could not be written'))
  const timer = setInterval(() => void writeQuietly(), writeMs).unref()

  return {
    note(use, at, ip) {
      use.at = at
      use.ip = ip
      if (use.isNoted || noted.length >= maxUses) return
      use.isNoted = true
      noted.push(use)
    },
    write,
    async close() {
      clearInterval(timer)
      await writeQuietly()
    },
  }
}
