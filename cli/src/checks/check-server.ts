import { createServer } from 'node:net'
import type { Config } from '../../../server/src/config/config.ts'
import type { Finding } from './finding.ts'

const limitMs = 3000

/**
 * What the running server says of itself. A server that is not running is no mistake, only a fact. `holder`: the process
 * that has the data folder, which then is a server somewhere else.
 */
export async function checkServer(baseUrl: string, holder: number | undefined): Promise<Finding> {
  const name = 'server'
  try {
    const response = await fetch(`${baseUrl}/api/v1/utils/health-check/`, {
      signal: AbortSignal.timeout(limitMs),
    })
    const health = (await response.json()) as { status?: unknown; version?: string; detail?: string }
    if (response.ok && health.status === 'ok')
      return { name, state: 'ok', message: `version ${health.version} answers at ${baseUrl}` }
    return {
      name,
      state: 'failed',
      message: `${baseUrl} answers ${response.status}: ${health.detail ?? 'not ready'}`,
      advice: 'Look at the log of the server.',
    }
  } catch {
    return {
      name,
      state: 'warning',
      message: `nothing of ours answers at ${baseUrl}`,
      advice:
        holder === undefined
          ? 'Start it with "npm start", or say --url.'
          : `Process ${holder} holds the data folder, so it may listen elsewhere: say --url.`,
    }
  }
}

/** Whether the port can be had. `isOurs`: a running server of ours already answered. */
export async function checkPort(config: Pick<Config, 'port' | 'bind'>, isOurs: boolean): Promise<Finding> {
  const name = 'port'
  const code = await listenError(config)
  if (code === undefined) return { name, state: 'ok', message: `${config.bind}:${config.port} is free` }
  if (code === 'EADDRINUSE' && isOurs)
    return { name, state: 'ok', message: `${config.bind}:${config.port} is used by the running server` }
  if (code === 'EADDRINUSE') {
    return {
      name,
      state: 'failed',
      message: `${config.bind}:${config.port} is used by another program`,
      advice: 'Stop it, or set RUNLAYER_PORT.',
    }
  }
  return {
    name,
    state: 'failed',
    message: `${config.bind}:${config.port} cannot be listened on: ${code}`,
    advice: 'Choose another RUNLAYER_PORT or RUNLAYER_BIND.',
  }
}

function listenError({ port, bind }: Pick<Config, 'port' | 'bind'>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen({ port, host: bind, exclusive: true }, () => probe.close(() => resolve(undefined)))
  })
}
