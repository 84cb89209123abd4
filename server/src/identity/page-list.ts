import { GatewayError } from '../kernel/errors.ts'

/** The key a cursor stands for. Throws invalid-field for a cursor no list gave. */
export function afterOf(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const key = Buffer.from(cursor, 'base64url').toString('utf8')
  if (cursor !== '' && cursorOf(key) === cursor && !key.includes('\u0000')) return key
  const error = { loc: 'query.cursor', rule: 'cursor', msg: 'Take next_cursor of a list.' }
  throw new GatewayError('invalid-field', `${error.loc}: ${error.msg}`, { errors: [error] })
}

function cursorOf(key: string): string {
  return Buffer.from(key).toString('base64url')
}

/** A list's answer from one item more than it shows, by which it knows whether there are more. */
export function fullPage<Item, Shown>(
  found: readonly Item[],
  limit: number,
  o: { show(item: NoInfer<Item>): Shown; keyOf(item: NoInfer<Item>): string },
): { data: Shown[]; next_cursor: string | null } {
  const data = found.slice(0, limit)
  const last = data.at(-1)
  const isLast = found.length <= limit || last === undefined
  return { data: data.map(o.show), next_cursor: isLast ? null : cursorOf(o.keyOf(last)) }
}
