export type AttributeDraft = { key: number; name: string; values: string }

/** Semicolons part the values: titles and managers have commas of their own. */
const separator = ';'

export function draftsOf(attributes: Readonly<Record<string, readonly string[]>>): AttributeDraft[] {
  return Object.entries(attributes).map(([name, values], key) => ({
    key,
    name,
    values: values.join(`${separator} `),
  }))
}

/** Without lines that say nothing yet. */
export function attributesOf(rows: readonly AttributeDraft[]): Record<string, string[]> {
  const said = rows.map(({ name, values }): [string, string[]] => {
    const parts = values.split(separator).map((value) => value.trim())
    return [name.trim(), [...new Set(parts.filter((value) => value !== ''))]]
  })
  return Object.fromEntries(said.filter(([name, values]) => name !== '' && values.length > 0))
}
