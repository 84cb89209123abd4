/** Things a call can be about, found by their shape. */
const paths = /(?:^|[\s"'`(=[])((?:\/[\w.~-]{1,80}){2,12})/g
const sites = /\bhttps?:\/\/((?:[\w-]{1,63}\.){1,5}[a-z]{2,24})/gi
/** Results that only acknowledge or fail; long ones name many things and prove nothing. */
const shortResult = 600
const acknowledges =
  /\b(?:contents? of|successfully|no such|not found|error|failed|created|written|wrote|saved|appended|opened|loaded|deleted|moved|updated|fetched|read)\b/i

/**
 * Whether a short result speaks of one file or site only, and of another one than the call named. Relative names and
 * redirects to the same site count as the same.
 */
export function answersAboutAnother(argsText: string, resultText: string): boolean {
  if (resultText.length > shortResult) return false
  // Both shapes have a slash, and both sides must hold one.
  if (!argsText.includes('/') || !resultText.includes('/') || !acknowledges.test(resultText)) return false
  return (
    another(named(argsText, paths), named(resultText, paths), sameFile) ||
    another(named(argsText, sites), named(resultText, sites), sameSite)
  )
}

function named(text: string, shape: RegExp): Set<string> {
  const found = new Set<string>()
  for (const match of text.slice(0, 16_000).matchAll(shape)) {
    if (found.size >= 8) break
    found.add((match[1] ?? '').toLowerCase().replace(/[/.]+$/, ''))
  }
  return found
}

type Same = (one: string, other: string) => boolean

function another(asked: ReadonlySet<string>, answered: ReadonlySet<string>, same: Same): boolean {
  if (asked.size !== 1 || answered.size !== 1) return false
  const [one = ''] = asked
  const [other = ''] = answered
  return !same(one, other)
}

const lastOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)
const sameFile: Same = (one, other) =>
  one.startsWith(other) || other.startsWith(one) || lastOf(one) === lastOf(other)
const domainOf = (host: string) => host.split('.').slice(-2).join('.')
const sameSite: Same = (one, other) => domainOf(one) === domainOf(other)
