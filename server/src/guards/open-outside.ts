import { GatewayError } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import type { Log } from '../lib/log.ts'
import { PatternRefusal } from '../lib/parse-pattern.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { type CompiledPattern, compileDenied, type DenyPattern } from './deny-patterns.ts'
import { type OutsideModel, type OutsideModels, outsideModels, type Slot, slots } from './outside-models.ts'
import { outsideStore, type StoredPattern } from './outside-store.ts'

type Keyring = { seal(plain: string, bind: string): string; open(sealed: string, bind: string): string }

export type OutsideParts = {
  readonly db: Db
  readonly bus: Bus
  readonly keyring: Keyring
  readonly fetch: Pick<GuardedFetch, 'json' | 'check'>
  readonly now: () => number
  readonly log: Pick<Log, 'warn'>
}

/** `key`: undefined keeps the stored one, null takes it away. */
export type ModelChange = Omit<OutsideModel, 'key'> & { readonly key: string | null | undefined }

/** What administrators add to the guards: patterns they forbid, and models outside that may be asked. */
export type Additions = {
  /** Compiled, oldest first; empty costs nothing. */
  compiled(): readonly CompiledPattern[]
  patterns(): readonly StoredPattern[]
  /** Throws invalid-field for a pattern that cannot be matched in linear time, conflict when there are too many. */
  addPattern(pattern: Omit<DenyPattern, 'id'>): Promise<StoredPattern>
  removePattern(id: string): Promise<StoredPattern>
  readonly models: OutsideModels
  /** Throws address-refused for an address that would not be reached. Holds from the next call. */
  changeModel(slot: Slot, change: ModelChange): Promise<void>
  removeModel(slot: Slot): Promise<void>
  close(): void
}

const topic = 'guard-additions'
const maxPatterns = 50
const bindOf = (slot: string) => `guard-outside-model ${slot}`

export async function openAdditions(parts: OutsideParts): Promise<Additions> {
  const { bus, keyring, now } = parts
  const store = outsideStore(parts.db)
  let patterns: readonly StoredPattern[] = []
  let compiled: readonly CompiledPattern[] = []
  let models = new Map<Slot, OutsideModel>()
  let sealedKeys = new Map<string, string | null>()
  const read = async () => {
    patterns = await store.patterns()
    compiled = patterns.map(compileDenied)
    const stored = await store.models()
    sealedKeys = new Map(stored.map(({ slot, sealedKey }) => [slot, sealedKey]))
    models = new Map(
      stored.flatMap(({ slot, settings, sealedKey }) => {
        const known = slots.find((each) => each === slot)
        const key = sealedKey === null ? undefined : keyring.open(sealedKey, bindOf(slot))
        return known === undefined ? [] : [[known, { ...(settings as Omit<OutsideModel, 'key'>), key }]]
      }),
    )
  }
  await read()
  const ended = bus.on(topic, read)
  return {
    close: ended,
    compiled: () => compiled,
    patterns: () => patterns,
    async addPattern(given) {
      refuseUnmatchable(given.pattern)
      if ((await store.countPatterns()) >= maxPatterns)
        throw new GatewayError(
          'conflict',
          `There are ${maxPatterns} patterns, which is the most there may be.`,
        )
      const added = { ...given, id: newId(now()), createdAt: new Date(now()) }
      await store.addPattern(added)
      await bus.publish(topic, added.id)
      return added
    },
    async removePattern(id) {
      const gone = await store.removePattern(id)
      if (gone === undefined) throw new GatewayError('not-found', 'There is no such pattern.')
      await bus.publish(topic, id)
      return gone
    },
    models: outsideModels({ ...parts, settings: (slot) => models.get(slot) }),
    async changeModel(slot, { key, ...settings }) {
      parts.fetch.check(new URL(settings.url))
      const kept = key === undefined ? (sealedKeys.get(slot) ?? null) : null
      const sealedKey = typeof key === 'string' ? keyring.seal(key, bindOf(slot)) : kept
      await store.writeModel({ slot, settings, sealedKey }, new Date(now()))
      await bus.publish(topic, slot)
    },
    async removeModel(slot) {
      await store.removeModel(slot)
      await bus.publish(topic, slot)
    },
  }
}

function refuseUnmatchable(pattern: string): void {
  try {
    const { compiled } = compileDenied({ id: '', name: '', pattern, looksAt: 'both' })
    if (compiled.matches('') === true) throw new PatternRefusal('matches the empty text, and so everything')
  } catch (error) {
    if (!(error instanceof PatternRefusal)) throw error
    throw new GatewayError('invalid-field', `The pattern ${error.message}.`, {
      errors: [{ loc: 'body.pattern', rule: 'pattern', msg: error.message }],
    })
  }
}
