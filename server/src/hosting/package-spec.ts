/** An npm package as a connector names it: a registry name and a version, range or tag ('latest' when none is given). */
export type PackageSpec = { readonly name: string; readonly wanted: string }

// The registry's grammar for names: no leading dot, dash or underscore, lower case, one optional scope.
const namePart = '[a-z0-9][a-z0-9._~-]*'
const spec = new RegExp(`^((?:@${namePart}/)?${namePart})(?:@([^@]+))?$`)
// Versions, ranges and tags. Neither ':' nor '/' fits, so no URL, git, file or alias form does either.
const version = /^[0-9A-Za-z^~<>=*][0-9A-Za-z.^~<>=*|+ _-]{0,99}$/
const maxNameLength = 214

/** Undefined for anything that is not plainly a package of the registry (T4, T8). */
export function parsePackageSpec(text: string): PackageSpec | undefined {
  const [, name, wanted = 'latest'] = spec.exec(text) ?? []
  if (name === undefined || name.length > maxNameLength || !version.test(wanted)) return undefined
  return { name, wanted }
}

/** What is wrong with a package argument, in words, or nothing. */
export function checkPackage(text: string): string | undefined {
  if (parsePackageSpec(text) !== undefined) return undefined
  return 'This must be the name of a package of the npm registry, such as @scope/name@1.2.3; files, URLs and git are not accepted.'
}
