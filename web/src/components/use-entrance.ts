import { useRouter } from '@tanstack/react-router'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { isServers, nextAddress } from '../lib/next-address.ts'

/** After signing in: goes where the person wanted to be. The token of a link leaves the history with it. */
export function useEntrance(): (next: string | undefined) => Promise<void> {
  const router = useRouter()
  return async (next) => {
    const to = nextAddress(next, window.location.origin)
    cache.clear()
    if (isServers(to)) return window.location.replace(to)
    await cache.fetchQuery(queries.me())
    router.history.replace(to)
  }
}
