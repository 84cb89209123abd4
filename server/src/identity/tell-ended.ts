import type { Bus } from '../storage/storage.ts'

/** What stopped counting. `unknown`: changes were missed, so anything may have; look again at whoever is connected. */
export type Ended =
  | { readonly kind: 'person' | 'key' | 'session'; readonly id: string }
  | { readonly kind: 'unknown' }

const topic = 'identity-ended'

/** Tells every process that a person, key or session ended, after it has stopped counting everywhere else. */
export async function tellEnded(bus: Bus, kind: 'person' | 'key' | 'session', id: string): Promise<void> {
  await bus.publish(topic, `${kind}:${id}`)
}

export function hearEnded(bus: Bus, listener: (ended: Ended) => void): () => void {
  return bus.on(topic, (text) => {
    const [kind = '', id] = text.split(':')
    const isKnown = kind === 'person' || kind === 'key' || kind === 'session'
    listener(isKnown && id !== undefined ? { kind, id } : { kind: 'unknown' })
  })
}
