import { buildConnector } from 'undici'
import { GatewayError } from '../kernel/errors.ts'
import type { AddressGuard } from './network.ts'

const connectMs = 10_000

/** Connects only where the guard allows, and looks again at the address that was really connected (T11 rebinding). */
export function guardedConnector(guard: AddressGuard): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    lookup: guard.lookup,
    timeout: connectMs,
    keepAlive: true,
  } as buildConnector.BuildOptions)
  return (options, done) => {
    try {
      guard.refuseLiteral(options.hostname)
    } catch (error) {
      return done(error as Error, null)
    }
    connect(options, (...[error, socket]) => {
      if (error !== null) return done(error, null)
      if (socket.remoteAddress !== undefined && !guard.allows(socket.remoteAddress)) {
        socket.destroy()
        return done(
          new GatewayError(
            'address-refused',
            `${options.hostname} leads to an address that may not be reached.`,
          ),
          null,
        )
      }
      done(null, socket)
    })
  }
}
