import type { AskReply } from '../kernel/call.ts'
import type { RpcMessage } from '../lib/rpc-message.ts'
import { Running } from '../lib/running.ts'
import type { PendingCall } from './pending-call.ts'
import { refusalText } from './rpc-text.ts'
import type { Watcher } from './session.ts'

/** The calls running on one session, who listens to it, and to whom each message of the upstream belongs. */
export class CallBook {
  readonly running = new Running<PendingCall>()
  readonly watchers = new Set<Watcher>()
  #lastId = 0

  nextId(): string {
    this.#lastId++
    return String(this.#lastId)
  }

  /**
   * Delivers one message. `owner`: the call on whose own stream it came, if the transport knows. Without it a question
   * belongs to a call only when exactly one is running: a guess could show one person's question to another (T19).
   */
  deliver(
    message: RpcMessage,
    owner: PendingCall | undefined,
    answer: (id: string, reply: AskReply) => void,
  ): void {
    switch (message.kind) {
      case 'response':
        this.running.get(message.id)?.answer(message)
        return
      case 'notification':
        this.#notify(message, owner)
        return
      case 'request':
        this.#ask(message, owner ?? this.#onlyCall(), answer)
        return
      default:
        message satisfies never
    }
  }

  #onlyCall(): PendingCall | undefined {
    return this.running.size === 1 ? this.running.values()[0] : undefined
  }

  #notify(message: RpcMessage & { kind: 'notification' }, owner: PendingCall | undefined): void {
    const { method, params } = message
    if (method === 'notifications/progress') {
      this.running.get(params.get('progressToken') ?? '')?.hear(method, params)
      return
    }
    if (method === 'notifications/cancelled') return
    const call = this.#hearerOf(method, owner)
    if (call !== undefined) call.hear(method, params)
    else for (const watcher of this.watchers) watcher.onNotification(method, params)
  }

  /** News of a task or of a question asked elsewhere belong to the call on whose stream they came, if there is one. */
  #hearerOf(method: string, owner: PendingCall | undefined): PendingCall | undefined {
    if (method === 'notifications/message') return owner ?? this.#onlyCall()
    return method === 'notifications/tasks/status' || method === 'notifications/elicitation/complete'
      ? owner
      : undefined
  }

  #ask(
    message: RpcMessage & { kind: 'request' },
    call: PendingCall | undefined,
    answer: (id: string, reply: AskReply) => void,
  ): void {
    const { id, method, params } = message
    if (method === 'ping') {
      answer(id, { result: '{}' })
    } else if (call === undefined) {
      answer(id, refusalText(-32603, 'this request cannot be attributed to exactly one running call'))
    } else {
      call.ask(method, params).then(
        (reply) => answer(id, reply),
        () => undefined,
      )
    }
  }

  /** Tells every watcher that nothing more will come. */
  closeWatchers(): void {
    const watchers = [...this.watchers]
    this.watchers.clear()
    for (const watcher of watchers) watcher.onEnd()
  }

  /** The session is over: fails every running call too. */
  close(error: Error): void {
    for (const call of [...this.running.values()]) call.fail(error)
    this.closeWatchers()
  }
}
