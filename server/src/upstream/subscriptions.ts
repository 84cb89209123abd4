/** Which resources a session is subscribed to, and how many watchers want each. */
export class Subscriptions {
  readonly #wanted = new Map<string, number>()
  readonly #send: (method: 'resources/subscribe' | 'resources/unsubscribe', uri: string) => Promise<void>

  constructor(send: (method: 'resources/subscribe' | 'resources/unsubscribe', uri: string) => Promise<void>) {
    this.#send = send
  }

  async add(uris: readonly string[]): Promise<void> {
    for (const uri of uris) {
      const count = this.#wanted.get(uri) ?? 0
      this.#wanted.set(uri, count + 1)
      if (count === 0) await this.#send('resources/subscribe', uri)
    }
  }

  async remove(uris: readonly string[]): Promise<void> {
    for (const uri of uris) {
      const count = this.#wanted.get(uri) ?? 0
      if (count > 1) {
        this.#wanted.set(uri, count - 1)
      } else if (this.#wanted.delete(uri)) {
        await this.#send('resources/unsubscribe', uri)
      }
    }
  }
}
