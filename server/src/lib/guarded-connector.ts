import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import { GatewayError } from '../kernel/errors.ts'
import type { AddressGuard } from './network.ts'

const connectMs = 10_000

const readBytes = 64 * 1024

/** `chunk` is a view of memory that the next read of any socket overwrites. */
export type OnRead = (socket: Socket, chunk: Buffer) => void

/**
 * Connects only where the guard allows, and looks again at the address that was really connected (T11 rebinding). With
 * `onRead` plain sockets are all read into one buffer, and have no data events: each read of its own takes 64 KiB from
 * the allocator and gives nearly all of it back. Encrypted ones have data events as ever.
 */
export function guardedConnector(guard: AddressGuard, onRead?: OnRead): buildConnector.connector {
  const common = { allowH2: false, lookup: guard.lookup, timeout: connectMs, keepAlive: true }
  const connectTls = buildConnector(common as buildConnector.BuildOptions)
  const connectPlain =
    onRead === undefined
      ? connectTls
      : buildConnector({ ...common, onread: sharedBuffer(onRead) } as buildConnector.BuildOptions)
  return (options, done) => {
    const connect = options.protocol === 'https:' ? connectTls : connectPlain
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

/** Node's `onread`, which calls back with the socket as `this`. */
function sharedBuffer(onRead: OnRead) {
  const buffer = Buffer.allocUnsafeSlow(readBytes)
  return {
    buffer,
    callback(this: Socket, length: number): boolean {
      onRead(this, buffer.subarray(0, length))
      return true
    },
  }
}
