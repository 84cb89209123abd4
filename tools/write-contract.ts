import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApiDocument } from '../server/src/control/openapi.ts'
import { clientSource } from './client-source.ts'
import { declaredRoutes } from './declared-routes.ts'

const root = join(import.meta.dirname, '..')

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}

/** The files of contract/ as they should be, by path. */
export async function contractFiles(): Promise<Map<string, string>> {
  const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string })
    .version
  const document = openApiDocument(await declaredRoutes(join(root, 'server/src')), {
    title: 'Runlayer',
    version,
  })
  return new Map([
    [join(root, 'contract/openapi.json'), `${JSON.stringify(document, null, 2)}\n`],
    [join(root, 'contract/client.ts'), clientSource(document)],
  ])
}

/** Writes contract/, or with --check only says what is stale and exits 1. */
async function main(): Promise<void> {
  const files = await contractFiles()
  const stale = [...files].filter(([path, text]) => readOr(path, '') !== text)
  if (process.argv.includes('--check')) {
    for (const [path] of stale)
      console.error(`${path} is stale: run "npm run contract" and commit the result.`)
    process.exitCode = stale.length === 0 ? 0 : 1
    return
  }
  mkdirSync(join(root, 'contract'), { recursive: true })
  for (const [path, text] of stale) writeFileSync(path, text)
  console.log(
    stale.length === 0 ? 'The contract is up to date.' : `Wrote ${stale.map(([path]) => path).join(', ')}`,
  )
}

if (import.meta.main) await main()
