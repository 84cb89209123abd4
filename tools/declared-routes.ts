import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Route } from '../server/src/kernel/route.ts'

/**
 * Stands for every dependency of a noun while its routes are only declared, not run. Reading or calling anything on it
 * gives itself again.
 */
function standIn(): unknown {
  const self: unknown = new Proxy(() => undefined, {
    get: (_target, key) => {
      if (key === 'then') return undefined
      if (key === Symbol.toPrimitive) return () => ''
      if (key === Symbol.iterator) return () => [][Symbol.iterator]()
      return self
    },
    apply: () => self,
  })
  return self
}

/**
 * Every REST operation the product declares: what each `server/src/<noun>/api.ts` exports as `<noun>Routes`. Routes touch
 * their dependencies only while they run, so no part of the product has to be built for this.
 */
export async function declaredRoutes(sourceFolder: string): Promise<Route[]> {
  const routes: Route[] = []
  for (const noun of readdirSync(sourceFolder).sort()) {
    const file = join(sourceFolder, noun, 'api.ts')
    if (!existsSync(file)) continue
    const module: Record<string, unknown> = await import(pathToFileURL(file).href)
    for (const [name, value] of Object.entries(module)) {
      if (!name.endsWith('Routes') || typeof value !== 'function') continue
      routes.push(...(value(standIn(), standIn(), standIn()) as Route[]))
    }
  }
  return routes
}
