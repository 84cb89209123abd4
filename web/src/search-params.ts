type Search = Record<string, unknown>

/**
 * What a URL holds is text. The router would read `?query=123` as a number and write the text "123" in quotes: then a
 * search for digits, or a code that happens to be all digits, would be lost on its way.
 */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search))
}

export function stringifySearch(search: Search): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search))
    if (value !== undefined && value !== '') params.set(name, String(value))
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** Keeps the named members of a search that are there; a hand-edited URL never breaks a page. */
export function pick<Name extends string>(...names: Name[]) {
  return (search: Search): { [name in Name]?: string | undefined } => {
    const kept: { [name in Name]?: string | undefined } = {}
    for (const name of names) {
      const value = search[name]
      if (typeof value === 'string' && value !== '') kept[name] = value
    }
    return kept
  }
}
