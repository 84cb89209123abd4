// Preloaded before the server. drizzle-orm's package.json is 180 KB, and Node copies and parses it anew for each of the 480
// imports of and inside that package: most of a second of every start. Their answers are known without it.
import * as modules from 'node:module'

const inside = /\/node_modules\/drizzle-orm\/[^?#]*\.js$/
const known = new Map()

function resolve(specifier, context, next) {
  if (specifier.startsWith('./') || specifier.startsWith('../')) {
    const { parentURL } = context
    if (parentURL === undefined || !inside.test(parentURL)) return next(specifier, context)
    return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
  }
  if (!specifier.startsWith('drizzle-orm') || !context.conditions.includes('import'))
    return next(specifier, context)
  // The lock file has one copy of it, so who asks does not matter.
  const answer = known.get(specifier) ?? next(specifier, context)
  known.set(specifier, answer)
  return { ...answer, shortCircuit: true }
}

// Since Node 22.15; without it a start only takes longer.
modules.registerHooks?.({ resolve })
