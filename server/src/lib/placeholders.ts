const placeholder = /\{([A-Z][A-Z0-9_]*)\}/g

/** The names of the `{PLACEHOLDERS}` in a text, in order of appearance, each once. */
export function placeholdersIn(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(placeholder), (match) => match[1] ?? ''))]
}

/** Replaces every `{NAME}` found in `values`; others stay. What is put in is never looked at again. */
export function fillPlaceholders(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(placeholder, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  )
}
