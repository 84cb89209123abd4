/** Room for `__` and a tool name within 64 characters. */
const maxSlugLength = 30

/** The slug a name leads to: `[a-z0-9-]`, never empty. The `attempt`-th try carries a suffix from 2 on. */
export function makeSlug(name: string, attempt = 1): string {
  const base = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, maxSlugLength)
    .replace(/^-+|-+$/g, '')
  const suffix = attempt === 1 ? '' : `-${attempt}`
  const stem = (base === '' ? 'connector' : base).slice(0, maxSlugLength - suffix.length).replace(/-+$/, '')
  return `${stem}${suffix}`
}
