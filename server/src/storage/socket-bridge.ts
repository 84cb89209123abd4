import { createServer, type Server, type Socket } from 'node:net'
import { statementNames } from './statement-names.ts'
import { type Turns, takeTurns } from './take-turns.ts'
import {
  type Exchange,
  errorMessage,
  exchangeReader,
  message,
  queryMessage,
  readStartup,
  readyMessage,
  statusOf,
} from './wire-frames.ts'

/** The product's pool opens 4; the rest is for an operator's psql. */
const maxConnections = 32

/** Runs one exchange on the engine and returns everything it answered. */
export type Engine = { run(exchange: Uint8Array): Promise<Buffer> }

type Session = {
  readonly socket: Socket
  readonly names: ReturnType<typeof statementNames>
  readonly reader: ReturnType<typeof exchangeReader>
  state: 'reading' | 'waiting' | 'leaving'
}

export type BridgeOptions = {
  engine: Engine
  /** The engine's whole answer to a startup packet; every connection gets the same. */
  greeting: Buffer
  path: string
  /** A transaction that nobody continued for this long is ended, because it holds the whole engine. */
  idleTransactionMs: number
  /** The engine broke; nothing can be served any more. */
  onFatal(error: unknown): void
}

export type Bridge = {
  /** Runs `work` while no exchange runs and no transaction is open. */
  alone<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

/**
 * Serves the PostgreSQL protocol on a unix socket for several connections over one engine session. Exchanges run one
 * at a time, in order of arrival; while a transaction is open only its connection is served.
 */
export async function serveBridge(o: BridgeOptions): Promise<Bridge> {
  const sessions = new Set<Session>()
  const turns = takeTurns<Session>({
    idleHoldMs: o.idleTransactionMs,
    onFatal: o.onFatal,
    onIdleHold(session) {
      // The next exchange of the holder may already wait behind the one that just ran.
      if (session.state !== 'reading') return
      refuse(
        session,
        '25P03',
        'the transaction was idle for too long; inside a transaction use only its own handle',
      )
    },
  })
  const leave = (session: Session) => {
    if (session.state === 'leaving') return
    session.state = 'leaving'
    sessions.delete(session)
    turns.ask(session, () => cleanUp(o.engine, turns, session))
  }
  const refuse = (session: Session, sqlState: string, text: string) => {
    session.socket.end(errorMessage('FATAL', sqlState, text))
    leave(session)
  }
  const serve = async (session: Session, exchange: Exchange) => {
    const reply = await runExchange(o.engine, turns, session, exchange)
    if (session.state === 'leaving') return
    session.state = 'reading'
    // A slow reader waits for its own answer and holds one of them at most.
    if (session.socket.write(reply)) advance(session)
    else session.socket.once('drain', () => advance(session))
  }
  /** One exchange of a connection waits at most; what follows stays in the socket, whose buffer is the bound. */
  const advance = (session: Session) => {
    if (session.state !== 'reading') return
    const exchange = nextExchange(session)
    if (exchange === undefined) return void session.socket.resume()
    if (exchange instanceof Error) return refuse(session, '08P01', exchange.message)
    if (exchange.ends === 'terminate') {
      session.socket.end()
      return leave(session)
    }
    session.state = 'waiting'
    session.socket.pause()
    turns.ask(session, () => serve(session, exchange))
  }
  let counter = 0
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    if (sessions.size >= maxConnections)
      return void socket.end(errorMessage('FATAL', '53300', 'too many connections'))
    counter += 1
    const session: Session = {
      socket,
      names: statementNames(counter),
      reader: exchangeReader(),
      state: 'reading',
    }
    sessions.add(session)
    socket.setNoDelay(true)
    socket.on('close', () => leave(session))
    greet(socket, o.greeting, (chunk) => {
      session.reader.push(chunk)
      advance(session)
    })
  })
  await listen(server, o.path)
  return {
    alone: turns.alone,
    async close() {
      await turns.stop()
      for (const session of sessions) session.socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

function nextExchange(session: Session): Exchange | Error | undefined {
  try {
    return session.reader.next()
  } catch (error) {
    return error instanceof Error ? error : new Error('protocol error')
  }
}

async function runExchange(
  engine: Engine,
  turns: Turns<Session>,
  session: Session,
  exchange: Exchange,
): Promise<Buffer> {
  if (exchange.frames.some((frame) => session.names.isCopyIn(frame))) {
    const error = errorMessage('ERROR', '0A000', 'COPY FROM STDIN is not available on the embedded store')
    return Buffer.concat([error, readyMessage(turns.holder() === session ? 'T' : 'I')])
  }
  const reply = await engine.run(
    Buffer.concat(exchange.frames.map((frame) => session.names.translate(frame))),
  )
  const status = statusOf(reply)
  turns.hold(exchange.ends === 'flush' || status === 'T' || status === 'E' ? session : undefined)
  return reply
}

/** Ends the transaction a lost connection left open, and forgets the statements it prepared. */
async function cleanUp(engine: Engine, turns: Turns<Session>, session: Session): Promise<void> {
  const sync = message('S', Buffer.alloc(0))
  // After an error the engine skips everything up to Sync, so the first ROLLBACK may go unheard.
  if (turns.holder() === session) {
    await engine.run(Buffer.concat([queryMessage('ROLLBACK'), sync, queryMessage('ROLLBACK')]))
    turns.hold(undefined)
  }
  const farewell = session.names.farewell()
  if (farewell.length > 0) await engine.run(Buffer.concat([...farewell, sync]))
}

/** Answers everything before the first typed message: encryption is declined, a cancel request is heard and dropped. */
function greet(socket: Socket, greeting: Buffer, onTyped: (chunk: Buffer) => void): void {
  let buffered: Buffer | undefined = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    if (buffered === undefined) return onTyped(chunk)
    buffered = Buffer.concat([buffered, chunk])
    for (let packet = readStartup(buffered); packet !== undefined; packet = readStartup(buffered)) {
      buffered = packet.rest
      if (packet.kind === 'encryption') socket.write('N')
      // One thread runs the statements, so a cancel request could only arrive too late.
      else if (packet.kind !== 'startup') return void socket.destroy()
      else {
        const rest = buffered
        buffered = undefined
        socket.write(greeting)
        if (rest.length > 0) onTyped(rest)
        return
      }
    }
  })
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
}
