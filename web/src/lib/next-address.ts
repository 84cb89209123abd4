/**
 * Where to go after signing in: an address of this very origin, or the start page. What a link from outside says is
 * resolved the way a browser will resolve it, so that no spelling (//host, /\host, a tab between) leads elsewhere.
 */
export function nextAddress(next: string | undefined, origin: string): string {
  if (next === undefined || !next.startsWith('/')) return '/'
  let url: URL
  try {
    url = new URL(next, origin)
  } catch {
    return '/'
  }
  const isOurs = url.origin === origin && !/^\/sign-in\/?$/.test(url.pathname)
  return isOurs ? url.pathname + url.search + url.hash : '/'
}

/** Whether the server itself, not a page of the console, answers this address. */
export function isServers(address: string): boolean {
  return /^\/(api|docs|mcp|\.well-known)(\/|$|\?)/.test(address)
}
