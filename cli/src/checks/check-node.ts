import type { Finding } from './finding.ts'

/** `range`: the engines entry, of the forms `^a.b.c` and `>=a.b.c` joined by `||`. */
export function checkNode(version: string, range: string): Finding {
  const name = 'node'
  if (range.split('||').some((part) => fits(version, part.trim())))
    return { name, state: 'ok', message: `${version} is supported` }
  return {
    name,
    state: 'failed',
    message: `${version} is not one of ${range}`,
    advice: 'Start with "npm start", which picks a Node that is.',
  }
}

function fits(version: string, part: string): boolean {
  const have = numbers(version)
  const want = numbers(part)
  const differing = [0, 1, 2].find((at) => have[at] !== want[at])
  const isNewer = differing === undefined || (have[differing] ?? 0) > (want[differing] ?? 0)
  return part.startsWith('^') ? have[0] === want[0] && isNewer : isNewer
}

function numbers(text: string): number[] {
  return (/(\d+)\.(\d+)\.(\d+)/.exec(text) ?? ['', '0', '0', '0']).slice(1).map(Number)
}
