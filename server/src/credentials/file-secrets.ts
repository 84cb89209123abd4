import { open, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fieldOf, type SecretStore, unavailable } from './ask-store.ts'

const store = 'the folder of secret files'
const maxBytes = 64 * 1024
/** Names below the folder; a leading dot would be a way up or a hidden file. */
const name = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/

/** `file:NAME` below one folder of this host, `#FIELD` when the file is a JSON object. Links may not lead outside. */
export function fileSecrets(folder: string): SecretStore {
  async function read(path: string): Promise<string> {
    const [home, real] = await Promise.all([realpath(folder), realpath(join(folder, path))])
    if (!real.startsWith(`${home}${sep}`))
      throw unavailable(store, 'does not hold this file: it leads outside')
    const file = await open(real, 'r')
    try {
      const { size } = await file.stat()
      if (size > maxBytes) throw unavailable(store, 'holds a file too large for a secret')
      const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  }
  return {
    check: (ref) =>
      name.test(ref.path) ? undefined : 'A file is named by its path below the folder of secret files.',
    async read(ref) {
      const text = await read(ref.path).catch((error: unknown) => {
        throw explain(error)
      })
      if (ref.field === undefined) return text.replace(/\r?\n$/, '')
      try {
        return fieldOf(store, JSON.parse(text), ref.field)
      } catch (error) {
        throw error instanceof SyntaxError ? unavailable(store, 'holds a file that is no JSON object') : error
      }
    },
  }
}

function explain(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === undefined) return error
  if (code === 'ENOENT' || code === 'ENOTDIR') return unavailable(store, 'has no such file')
  const denied = code === 'EACCES' || code === 'EPERM'
  return unavailable(store, denied ? 'holds a file this host may not read' : 'holds no readable file', error)
}
