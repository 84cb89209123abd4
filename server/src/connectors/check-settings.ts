import type { FieldError } from '../kernel/errors.ts'
import { referenceIn } from '../kernel/secret-ref.ts'
import { placeholdersIn } from '../lib/placeholders.ts'
import { checkOAuth } from './check-oauth.ts'
import { hidden, referencesOf, type Settings } from './settings.ts'

/** What this host allows hosted processes. `checkPackage` and `checkMount` say in words what is wrong, or nothing. */
export type HostRules = {
  readonly stdioCommands: readonly string[]
  checkPackage(spec: string): string | undefined
  checkMount(path: string): Promise<string | undefined>
  /** Of a secret kept elsewhere: whether this host could read it there. */
  checkReference(reference: string): string | undefined
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/
const envName = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/
// RFC 9110 §5.5: visible characters, spaces and tabs; a line end would start another header.
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/
const forbiddenHeaders = new Set(
  'host content-length content-type content-encoding transfer-encoding connection keep-alive upgrade te trailer expect accept accept-encoding last-event-id proxy-authorization'.split(
    ' ',
  ),
)
// These decide what code is loaded or where it is looked for; the driver sets them.
const forbiddenEnv = /^(PATH|HOME|TMPDIR|NODE_OPTIONS|NODE_PATH|BASH_ENV|ENV|LD_.*|DYLD_.*)$/

/** Every rule that joins fields or asks the host. An empty list means the settings can be stored. */
export async function checkSettings(settings: Settings, host: HostRules): Promise<FieldError[]> {
  const errors = [...checkLater(settings), ...checkHidden(settings), ...checkReferences(settings, host)]
  if (settings.transport === 'stdio') {
    errors.push(
      ...checkStdioOnly(settings),
      ...checkCommand(settings, host),
      ...checkArgs(settings),
      ...checkEnv(settings),
    )
    errors.push(...(await checkMounts(settings, host)))
  } else {
    errors.push(
      ...checkHttpOnly(settings),
      ...checkUrl(settings),
      ...checkHeaders(settings),
      ...checkToken(settings),
      ...checkOAuth(settings),
    )
  }
  return errors
}

function wrong(loc: string, rule: string, msg: string): FieldError {
  return { loc: `body.${loc}`, rule, msg }
}

/** What the interface names but this version cannot do yet: refused, never silently ignored. */
function checkLater(settings: Settings): FieldError[] {
  const errors: FieldError[] = []
  if (settings.identityForward) {
    errors.push(
      wrong(
        'identity_forward',
        'not-available',
        'Forwarding the caller’s identity is not available yet; leave it off.',
      ),
    )
  }
  return errors
}

function checkHidden(settings: Settings): FieldError[] {
  const of = (field: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values)
      .filter(([, value]) => value === hidden)
      .map(([name]) =>
        wrong(
          `${field}.${name}`,
          'value-unknown',
          'No value is stored under this name that could be kept; send the value.',
        ),
      )
  return [...of('headers', settings.headers), ...of('env', settings.env)]
}

function checkReferences(settings: Settings, host: HostRules): FieldError[] {
  return Object.entries(referencesOf(settings)).flatMap(([loc, reference]) => {
    const problem = host.checkReference(reference)
    return problem === undefined ? [] : [wrong(loc, 'secret-reference', problem)]
  })
}

function checkStdioOnly(settings: Settings): FieldError[] {
  const errors: FieldError[] = []
  if (settings.url !== undefined)
    errors.push(wrong('url', 'http-only', 'A stdio connector has a command, not a URL.'))
  if (Object.keys(settings.headers).length > 0) {
    errors.push(wrong('headers', 'http-only', 'A stdio connector has env values, not headers.'))
  }
  if (settings.auth.type === 'bearer' || settings.auth.type === 'oauth') {
    errors.push(
      wrong('auth.type', 'http-only', 'This authentication needs an HTTP transport; put secrets into env.'),
    )
  }
  return errors
}

function checkHttpOnly(settings: Settings): FieldError[] {
  const errors: FieldError[] = []
  const only = (loc: string, given: boolean) => {
    if (given) errors.push(wrong(loc, 'stdio-only', `Only a stdio connector has ${loc}.`))
  }
  only('command', settings.command !== undefined)
  only('args', settings.args.length > 0)
  only('env', Object.keys(settings.env).length > 0)
  only('network', settings.network === 'open')
  only('mounts', settings.mounts.length > 0)
  if (settings.kind === 'local') {
    errors.push(
      wrong(
        'kind',
        'stdio-only',
        'A local connector runs a command on a person’s machine; its transport is stdio.',
      ),
    )
  }
  return errors
}

function checkUrl(settings: Settings): FieldError[] {
  if (settings.url === undefined)
    return [wrong('url', 'required', 'An HTTP connector needs the URL of its MCP endpoint.')]
  if (!URL.canParse(settings.url)) return [wrong('url', 'url', 'This is not a URL.')]
  const url = new URL(settings.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return [wrong('url', 'http-url', 'Only http and https URLs can be called.')]
  if (url.username !== '' || url.password !== '') {
    return [
      wrong(
        'url',
        'no-credentials',
        'Put credentials into auth or headers, where they are stored encrypted.',
      ),
    ]
  }
  if (url.hash !== '') return [wrong('url', 'no-fragment', 'A fragment is never sent; remove it.')]
  if (placeholdersIn(settings.url).length > 0) {
    return [
      wrong('url', 'no-placeholder', 'Placeholders work in headers and the bearer token, not in the URL.'),
    ]
  }
  return []
}

function checkHeaders(settings: Settings): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(settings.headers)) {
    const loc = `headers.${name}`
    const lower = name.toLowerCase()
    if (!headerName.test(name))
      errors.push(wrong(loc, 'header-name', 'A header name has letters, digits and hyphens only.'))
    else if (seen.has(lower))
      errors.push(wrong(loc, 'header-twice', 'This header is given twice in different letter case.'))
    else if (forbiddenHeaders.has(lower) || lower.startsWith('mcp-')) {
      errors.push(
        wrong(
          loc,
          'header-reserved',
          'This header belongs to the connection or the protocol and is set by the gateway.',
        ),
      )
    } else if (lower === 'authorization' && settings.auth.type === 'bearer') {
      errors.push(
        wrong(
          loc,
          'header-reserved',
          'The bearer token already fills this header; set auth to none to write it yourself.',
        ),
      )
    }
    if (referenceIn(value) === undefined && !headerValue.test(value))
      errors.push(wrong(loc, 'header-value', 'A header value has no line ends and no control characters.'))
    seen.add(lower)
  }
  return errors
}

function checkToken(settings: Settings): FieldError[] {
  const { type, token } = settings.auth
  if (type === 'bearer' && (token === undefined || token === '' || token === hidden)) {
    return [wrong('auth.token', 'required', 'A bearer connector needs its token.')]
  }
  if (type !== 'bearer' && token !== undefined && token !== hidden) {
    return [wrong('auth.token', 'bearer-only', 'Only auth of type bearer has a token.')]
  }
  // RFC 6750 §2.1: visible characters without spaces.
  if (type === 'bearer' && referenceIn(token ?? '') === undefined && !/^[\x21-\x7e]+$/.test(token ?? '')) {
    return [
      wrong('auth.token', 'token-characters', 'A token has visible ASCII characters only, without spaces.'),
    ]
  }
  return []
}

function checkCommand(settings: Settings, host: HostRules): FieldError[] {
  const { command, args, kind } = settings
  if (command === undefined) return [wrong('command', 'required', 'A stdio connector needs a command.')]
  if (hasControls(command))
    return [wrong('command', 'control-character', 'A command has no line ends and no control characters.')]
  // T2, T4: whoever runs the host decides what may start here; a local connector starts nothing here.
  if (kind === 'local') return []
  if (!host.stdioCommands.includes(command)) {
    const allowed = host.stdioCommands.join(', ')
    return [
      wrong(
        'command',
        'command-not-allowed',
        `This host runs only: ${allowed}. Its operator can widen RUNLAYER_STDIO_COMMANDS.`,
      ),
    ]
  }
  if (command !== 'npx') return []
  const [yes, spec] = args
  if ((yes !== '-y' && yes !== '--yes') || spec === undefined) {
    return [
      wrong(
        'args',
        'npx-form',
        'With npx the arguments are "-y", then NAME or NAME@VERSION, then those of the server.',
      ),
    ]
  }
  const problem = host.checkPackage(spec)
  return problem === undefined ? [] : [wrong('args.1', 'package-name', problem)]
}

function checkArgs(settings: Settings): FieldError[] {
  return settings.args.flatMap((arg, index) => {
    const loc = `args.${index}`
    if (hasControls(arg))
      return [wrong(loc, 'control-character', 'An argument has no line ends and no control characters.')]
    // Arguments are visible to every process of the machine.
    if (placeholdersIn(arg).length > 0)
      return [wrong(loc, 'no-placeholder', 'Arguments are not secret; put the placeholder into env.')]
    return []
  })
}

function checkEnv(settings: Settings): FieldError[] {
  return Object.entries(settings.env).flatMap(([name, value]) => {
    const loc = `env.${name}`
    if (!envName.test(name))
      return [wrong(loc, 'env-name', 'A variable name has letters, digits and underscores only.')]
    if (forbiddenEnv.test(name))
      return [
        wrong(loc, 'env-reserved', 'This variable decides which code is loaded and is set by the gateway.'),
      ]
    if (referenceIn(value) === undefined && value.includes('\0'))
      return [wrong(loc, 'control-character', 'A value has no NUL character.')]
    return []
  })
}

async function checkMounts(settings: Settings, host: HostRules): Promise<FieldError[]> {
  if (settings.kind === 'local') {
    return settings.mounts.length > 0
      ? [wrong('mounts', 'hosted-only', 'Only hosted connectors have mounts.')]
      : []
  }
  const problems = await Promise.all(settings.mounts.map(({ path }) => host.checkMount(path)))
  return problems.flatMap((problem, index) =>
    problem === undefined ? [] : [wrong(`mounts.${index}.path`, 'mount-path', problem)],
  )
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return /[\x00-\x1f\x7f]/.test(text)
}
