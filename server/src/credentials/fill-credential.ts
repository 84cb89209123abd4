import { createHmac } from 'node:crypto'
import type { Credential } from '../kernel/call.ts'
import type { Connector } from '../kernel/connector.ts'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import { fillPlaceholders, placeholdersIn } from '../lib/placeholders.ts'
import type { Secrets } from './credentials.ts'
import type { Person } from './seal-secrets.ts'

/** Tells one value of a secret kept elsewhere from the next, so that sessions opened with an old one are not reused. */
export function markOf(key: Buffer, secrets: Secrets): string {
  const digest = createHmac('sha256', key).update(JSON.stringify(secrets)).digest('base64url')
  return `/${digest.slice(0, 16)}`
}

/** Values a person still has to give. */
export function missingOf(
  connector: Connector,
  values: Readonly<Record<string, string>> | undefined,
): string[] {
  return connector.personalValues.filter((name) => values === undefined || !Object.hasOwn(values, name))
}

/** What one call needs, with a person's own values in their places. */
export function fill(
  connector: Connector,
  secrets: Secrets,
  who: { userId: UserId | undefined; person: Person | undefined; mark: string },
): Credential {
  const values = who.person?.values ?? {}
  const filled = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fillPlaceholders(text, values)]))
  const bearer =
    connector.auth.type === 'bearer' && secrets.token !== undefined
      ? { authorization: `Bearer ${fillPlaceholders(secrets.token, values)}` }
      : {}
  return {
    owner: connector.personalValues.length === 0 ? 'shared' : `user:${who.userId ?? ''}`,
    revision: `${connector.revision}/${who.person?.revision ?? ''}${who.mark}`,
    headers: { ...filled(secrets.headers), ...bearer },
    env: filled(secrets.env),
    args: connector.args,
  }
}

/** Values end up in headers and environment variables, so none may carry a line end or another control character. */
export function checkValues(connector: Connector, values: Readonly<Record<string, string>>): void {
  const errors = Object.entries(values).flatMap(([name, value]): FieldError[] => {
    const loc = `body.values.${name}`
    if (!connector.personalValues.includes(name)) {
      const wanted = connector.personalValues.length === 0 ? 'none' : connector.personalValues.join(', ')
      return [{ loc, rule: 'value-unknown', msg: `The connector asks for: ${wanted}.` }]
    }
    if (value === '') return [{ loc, rule: 'required', msg: 'A value must not be empty.' }]
    const rule = inHeader(connector, name) ? /^[\x20-\x7e\x80-\xff]*$/ : noControls
    return rule.test(value)
      ? []
      : [
          {
            loc,
            rule: 'value-characters',
            msg: 'A value has no line ends and no characters that a header cannot carry.',
          },
        ]
  })
  if (errors.length > 0) {
    throw new GatewayError('invalid-field', `Not valid: ${errors.map(({ loc }) => loc).join(', ')}.`, {
      errors,
    })
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const noControls = /^[^\x00-\x1f\x7f]*$/

/** A name that stands in no env value is used by a header or the bearer token. */
function inHeader(connector: Connector, name: string): boolean {
  return (
    connector.transport !== 'stdio' ||
    !Object.values(connector.env).some((text) => placeholdersIn(text).includes(name))
  )
}
