import { referenceIn } from '../kernel/secret-ref.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Secrets } from './credentials.ts'
import type { SecretStores } from './secret-stores.ts'

export type References = {
  /** The secrets with every reference resolved; `until`: how long they may be used, if any was. */
  resolve(secrets: Secrets): Promise<{ secrets: Secrets; until: number | undefined }>
  text(text: string | undefined): Promise<string | undefined>
  /** An upstream refused what these stand for: the next call asks the store again. */
  forget(references: Iterable<string>): void
}

const maxKept = 1_000
/** Short enough that a secret changed where it is kept is the one used within a minute. */
const keptMs = 30_000

/** Secrets kept elsewhere, read for the call that needs them; asked once at a time, kept for a moment in memory. */
export function referenceResolver({
  stores,
  now,
}: {
  stores: Pick<SecretStores, 'read'>
  now: () => number
}): References {
  const kept = new BoundedCache<{ value: string; until: number }>(maxKept)
  const running = new Map<string, Promise<{ value: string; until: number }>>()

  async function ask(reference: string) {
    const found = { value: await stores.read(reference), until: now() + keptMs }
    kept.set(reference, found)
    return found
  }
  async function find(reference: string) {
    const before = kept.get(reference)
    if (before !== undefined && before.until > now()) return before
    const asked = running.get(reference) ?? ask(reference).finally(() => running.delete(reference))
    running.set(reference, asked)
    return await asked
  }
  return {
    async resolve({ token, headers, env }) {
      let until: number | undefined
      const one = async (text: string): Promise<string> => {
        const reference = referenceIn(text)
        if (reference === undefined) return text
        const found = await find(reference)
        until = Math.min(until ?? found.until, found.until)
        return found.value
      }
      const many = async (texts: Readonly<Record<string, string>>) =>
        Object.fromEntries(
          await Promise.all(
            Object.entries(texts).map(async ([name, text]) => [name, await one(text)] as const),
          ),
        )
      const secrets = {
        token: token === undefined ? undefined : await one(token),
        headers: await many(headers),
        env: await many(env),
      }
      return { secrets, until }
    },
    async text(text) {
      const reference = text === undefined ? undefined : referenceIn(text)
      return reference === undefined ? text : (await find(reference)).value
    },
    forget(references) {
      for (const reference of references) kept.delete(reference)
    },
  }
}
