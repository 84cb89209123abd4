import { QueryClient } from '@tanstack/react-query'
import { createClient } from '../../../contract/client.ts'
import type { Me } from './shapes.ts'

export const meKey = ['me']

/** What the console has fetched. There is one page, so there is one cache. */
export const cache = new QueryClient({
  defaultOptions: { queries: { staleTime: 10_000, retry: false }, mutations: { retry: false } },
})

/**
 * The console is a client of the REST API like any other. The session is a cookie that scripts cannot read; the
 * anti-forgery token beside it comes with `getMe`.
 */
export const api = createClient({
  baseUrl: '',
  headers: (): Record<string, string> => {
    const token = cache.getQueryData<Me>(meKey)?.csrf_token
    return token === undefined || token === null ? {} : { 'x-csrf-token': token }
  },
})
