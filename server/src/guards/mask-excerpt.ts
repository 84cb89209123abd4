import type { Hit } from './finding.ts'

/** A short masked part around a hit: enough to find the place, not enough to pass the text on. */
export function excerptOf(text: string, { at, length }: Pick<Hit, 'at' | 'length'>): string {
  const part = text.slice(at, at + Math.min(length, 60)).replace(/\s+/g, ' ')
  return `${part.replace(/[\p{L}\p{N}]{16,}/gu, (run) => `${run.slice(0, 4)}…`)}${length > 60 ? '…' : ''}`
}
