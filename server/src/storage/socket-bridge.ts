import { createServer, type Server, type Socket } from 'node:net'
import { statementNames } from './statement-names.ts'
import {
  type Exchange,
  errorMessage,
  exchangeReader,
  message,
  queryMessage,
  readyMessage,
  statusOf,
} from './wire-frames.ts'

const SSL_REQUEST = 80877103
const GSS_REQUEST = 80877104
const CANCEL_REQUEST = 80877102
const maxConnections = 32
const maxStartupBytes = 10_000

/** Runs one exchange on the engine and returns everything it answered. */
export type Engine = { run(exchange: Uint8Array): Promise<Buffer> }

type Session = {
  readonly socket: Socket
  readonly names: ReturnType<typeof statementNames>
  readonly reader: ReturnType<typeof exchangeReader>
  waiting: Exchange | undefined
  gone: boolean
}

export type BridgeOptions = {
  engine: Engine
  /** What the engine says to a startup packet, without BackendKeyData and ReadyForQuery being special. */
  greeting: Buffer
  path: string
  /** A transaction that nobody continued for this long is ended, because it holds the whole engine. */
  idleTransactionMs: number
  /** The engine broke; nothing can be served any more. */
  onFatal(error: Error): void
}

/**
 * Serves the PostgreSQL protocol on a unix socket for several connections over one engine session. Exchanges run one
 * at a time, in order of arrival; while a transaction is open only its connection is served.
 */
export async function serveBridge(
  options: BridgeOptions,
): Promise<{ idle(): Promise<void>; close(): Promise<void> }> {
  const queue: Session[] = []
  const sessions = new Set<Session>()
  let owner: Session | undefined
  let ownerTimer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let counter = 0

  const take = (): Session | undefined => {
    if (owner === undefined) return queue.shift()
    const at = queue.indexOf(owner)
    return at < 0 ? undefined : queue.splice(at, 1)[0]
  }
  const pump = () => {
    if (running !== undefined) return
    const session = take()
    if (session === undefined) return
    running = serve(session)
      .catch((error: Error) => options.onFatal(error))
      .finally(() => {
        running = undefined
        pump()
      })
  }
  const hold = (session: Session | undefined) => {
    clearTimeout(ownerTimer)
    owner = session
    if (session === undefined) return
    ownerTimer = setTimeout(() => endIdle(session), options.idleTransactionMs)
  }
  const endIdle = (session: Session) => {
    if (owner !== session || session.waiting !== undefined) return
    session.socket.end(
      errorMessage(
        'FATAL',
        '25P03',
        'the transaction was idle for too long; inside a transaction use only its own handle',
      ),
    )
    leave(session)
  }
  const serve = async (session: Session) => {
    const exchange = session.waiting
    session.waiting = undefined
    if (session.gone || exchange?.ends === 'terminate') return farewell(session)
    if (exchange === undefined) return
    const reply = await runExchange(options.engine, session, exchange)
    const status = statusOf(reply)
    const holds = exchange.ends === 'flush' || status === 'T' || status === 'E'
    hold(holds ? session : undefined)
    if (!session.socket.destroyed) session.socket.write(reply)
    if (session.gone) queue.push(session)
    else advance(session)
  }
  const farewell = async (session: Session) => {
    if (!sessions.delete(session)) return
    if (owner === session) {
      await options.engine.run(Buffer.concat([message('S', Buffer.alloc(0)), queryMessage('ROLLBACK')]))
      hold(undefined)
    }
    const closing = session.names.farewell()
    if (closing.length > 0)
      await options.engine.run(Buffer.concat([...closing, message('S', Buffer.alloc(0))]))
    session.socket.end()
  }
  const leave = (session: Session) => {
    if (session.gone) return
    session.gone = true
    if (!queue.includes(session)) queue.push(session)
    pump()
  }
  /** At most one exchange of a connection waits; the rest stays in the socket, whose buffer is the bound. */
  const advance = (session: Session) => {
    try {
      session.waiting = session.reader.next()
    } catch (error) {
      session.socket.end(
        errorMessage('FATAL', '08P01', error instanceof Error ? error.message : 'protocol error'),
      )
      return leave(session)
    }
    if (session.waiting === undefined) return void session.socket.resume()
    session.socket.pause()
    queue.push(session)
    pump()
  }

  const server = createServer((socket) => {
    if (sessions.size >= maxConnections)
      return void socket.end(errorMessage('FATAL', '53300', 'too many connections'))
    counter += 1
    const session: Session = {
      socket,
      names: statementNames(counter),
      reader: exchangeReader(),
      waiting: undefined,
      gone: false,
    }
    sessions.add(session)
    socket.setNoDelay(true)
    socket.on('error', () => leave(session))
    socket.on('close', () => leave(session))
    greet(socket, options.greeting, (rest) => {
      socket.on('data', (chunk) => {
        session.reader.push(chunk)
        if (session.waiting === undefined) advance(session)
      })
      if (rest.length > 0) socket.emit('data', rest)
    })
  })
  await listen(server, options.path)
  return {
    async idle() {
      while (running !== undefined || owner !== undefined)
        await (running ?? new Promise((done) => setTimeout(done, 5)))
    },
    async close() {
      clearTimeout(ownerTimer)
      for (const session of sessions) session.socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
      while (running !== undefined) await running
    },
  }
}

async function runExchange(engine: Engine, session: Session, exchange: Exchange): Promise<Buffer> {
  if (exchange.frames.some((frame) => session.names.isCopyIn(frame))) {
    return Buffer.concat([
      errorMessage('ERROR', '0A000', 'COPY FROM STDIN is not available on the embedded store'),
      readyMessage('I'),
    ])
  }
  return engine.run(Buffer.concat(exchange.frames.map((frame) => session.names.translate(frame))))
}

/** Answers everything before the first typed message: encryption is declined, a cancel request is heard and dropped. */
function greet(socket: Socket, greeting: Buffer, begin: (rest: Buffer) => void): void {
  let buffered = Buffer.alloc(0)
  const onData = (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    while (buffered.length >= 8) {
      const bytes = buffered.readUInt32BE(0)
      if (bytes < 8 || bytes > maxStartupBytes) return void socket.destroy()
      if (buffered.length < bytes) return
      const kind = buffered.readUInt32BE(4)
      buffered = buffered.subarray(bytes)
      if (kind === SSL_REQUEST || kind === GSS_REQUEST) {
        socket.write('N')
        continue
      }
      if (kind === CANCEL_REQUEST || kind >>> 16 !== 3) return void socket.destroy()
      socket.off('data', onData)
      socket.write(greeting)
      begin(buffered)
      return
    }
  }
  socket.on('data', onData)
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
}
