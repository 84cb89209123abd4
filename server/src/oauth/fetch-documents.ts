import type { GuardedFetch } from '../lib/guarded-fetch.ts'

/** Client documents are small; key sets a little larger. */
const maxBytes = 64 * 1024
const timeoutMs = 2_500
const bodiless = new Set([204, 205, 304])

/**
 * What oidc-provider fetches (client documents and their keys), through our own guard: addresses judged at the
 * connection, no redirects, bounded. What it may follow or trust, the library decides from the answer.
 */
export function documentFetch(guarded: GuardedFetch) {
  return async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input)
    const accept = new Headers(init?.headers).get('accept') ?? 'application/json'
    const { status, headers, text } = await guarded.fetch(url, { headers: { accept }, maxBytes, timeoutMs })
    const kept = ['cache-control', 'expires', 'content-type'].flatMap((name): [string, string][] => {
      const value = headers[name]
      return value === undefined ? [] : [[name, value]]
    })
    return new Response(bodiless.has(status) ? null : text, { status, headers: kept })
  }
}
