import { createHash } from 'node:crypto'

/** The narrowest client takes 64 characters (R7). */
export const maxPublicName = 64
/** The sign-in tool of a connector ends so (contract.md §3); no upstream tool may look like it. */
const reservedEnding = '_connect'
/** Names of the Runlayer Plugin's own tools: a connector called "search" with a tool "tools" must not pose as one. */
const reservedNames = new Set(['search_tools', 'execute_tool', 'run_code', 'offloaded_output_read'])

/**
 * The tool's name among those of all connectors: `slug_name` in `[A-Za-z0-9_-]`, at most 64 characters, shortened or
 * suffixed with a hash of its origin when it would be too long, reserved or taken. Deterministic for one `isTaken`.
 */
export function namePublicly(
  origin: { serverId: string; slug: string; name: string },
  isTaken: (name: string) => boolean,
): string {
  const plain = `${origin.slug}_${origin.name}`.replace(/[^A-Za-z0-9_-]+/g, '_')
  const fits =
    plain.length <= maxPublicName &&
    !plain.toLowerCase().endsWith(reservedEnding) &&
    !reservedNames.has(plain)
  if (fits && !isTaken(plain)) return plain
  const digest = createHash('sha256').update(`${origin.serverId}${origin.name}`).digest('hex')
  for (let length = 8; length <= 40; length += 4) {
    const suffixed = `${plain.slice(0, maxPublicName - length - 1)}_${digest.slice(0, length)}`
    if (!isTaken(suffixed)) return suffixed
  }
  throw new Error(`no free public name for ${plain}`)
}
