// A lock file can lack the platform packages of a tool: `npm install` succeeds here and `npm ci` fails elsewhere.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What is wrong with a parsed package-lock.json, one sentence each. */
export function lockMistakes(lock) {
  const mistakes = []
  const names = new Set(
    Object.keys(lock.packages).map((path) =>
      path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    ),
  )
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (entry.resolved !== undefined && entry.link !== true)
      mistakes.push(`${path} names where it was downloaded from: ${entry.resolved}`)
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!names.has(name))
        mistakes.push(
          `${path === '' ? 'the workspace' : path} needs ${name} on some platform, and the lock file has no such package`,
        )
    }
  }
  return mistakes
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(fileURLToPath(import.meta.url), '../../package-lock.json')
  const mistakes = lockMistakes(JSON.parse(readFileSync(file, 'utf8')))
  for (const mistake of mistakes) process.stderr.write(`${mistake}\n`)
  process.exitCode = mistakes.length === 0 ? 0 : 1
}
