import { hash } from 'node:crypto'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Scan, ScanResult } from './scan-content.ts'

const maxRemembered = 2_048
/** A shorter content is scanned sooner than its hash is made and kept. */
const shortest = 512
/** More would hold too much; contents that trip so many rules are rare. */
const maxFindings = 8

/**
 * The same content says the same under the same detectors: tools answer alike, lists are read again. Keyed by a hash, so
 * that no content is kept, in memory, for the life of the process and so of its detectors.
 */
export function rememberScans(scan: Scan): Scan {
  const known = new BoundedCache<ScanResult>(maxRemembered)
  return (kind, text, isJson) => {
    if (text.length < shortest) return scan(kind, text, isJson)
    const key = hash('sha256', `${kind} ${text}`, 'base64')
    const before = known.get(key)
    if (before !== undefined) return before
    const result = scan(kind, text, isJson)
    if (result.findings.length <= maxFindings) known.set(key, { ...result, durationMs: 0 })
    return result
  }
}
