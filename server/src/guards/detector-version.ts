import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files whose content decides what a scan says. */
const deciding =
  /^(?:find-|normalise|judge-|scan-content|secret-kinds|hidden-text|talk-about|definition-leaves|content-leaves)/

/** Changes whenever detectors or models do: what was scanned under another version is scanned again. */
export function readDetectorVersion(folder: string = import.meta.dirname): string {
  const hash = createHash('sha256')
  for (const part of ['.', 'detectors', 'model']) {
    for (const name of readdirSync(join(folder, part)).sort()) {
      if (!/\.(?:ts|bin)$/.test(name) || name.endsWith('.test.ts')) continue
      if (part === '.' && !deciding.test(name)) continue
      hash.update(name).update(readFileSync(join(folder, part, name)))
    }
  }
  return hash.digest('hex').slice(0, 12)
}
