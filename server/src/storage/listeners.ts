import type { Log } from '../lib/log.ts'

type Listener = (id: string) => void | Promise<void>

/** The listeners of this process. `fire` awaits them all and says whether every one succeeded. */
export type Listeners = {
  on(topic: string, listener: Listener): () => void
  fire(topic: string, id: string): Promise<boolean>
  fireAll(): Promise<boolean>
}

export function openListeners(log: Log): Listeners {
  const topics = new Map<string, Set<Listener>>()
  const call = async (topic: string, listener: Listener, id: string): Promise<boolean> => {
    try {
      await listener(id)
      return true
    } catch (error) {
      log.error({ topic, err: error }, 'a listener failed on a change notice')
      return false
    }
  }
  const fire = async (topic: string, id: string) => {
    const results = await Promise.all(
      [...(topics.get(topic) ?? [])].map((listener) => call(topic, listener, id)),
    )
    return results.every(Boolean)
  }
  return {
    on(topic, listener) {
      const own: Listener = (id) => listener(id)
      const listeners = topics.get(topic) ?? new Set<Listener>()
      topics.set(topic, listeners.add(own))
      return () => {
        listeners.delete(own)
        if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic)
      }
    },
    fire,
    async fireAll() {
      const results = await Promise.all([...topics.keys()].map((topic) => fire(topic, '*')))
      return results.every(Boolean)
    },
  }
}
