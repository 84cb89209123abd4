import { maskMembers, namesSecret } from './mask-members.ts'

/**
 * What every rule below needs to be there, so that most texts cost one short look: a property test holds that. Split by
 * the character they look for, and the words before it looked back at, because one alternation of everything costs three
 * times as much.
 */
const prefix =
  /[_-](?<=(?:rl|gh[pousr]|github_pat|gl[a-z]{2,5}|xox[a-z]|xapp|whsec|npm|pypi|hf|dop_v1|[sr]k|----)[_-])/
const word =
  /A(?:KIA|SIA|IPA|ROA|Iza)|GOCSPX|ya29\.|eyJ|SG\.|(?:[eE][aA][rR][eE][rR]|[aA][sS][iI][cC]) |\\u00|\\\//
const named =
  /"(?<=(?:word|wd|phrase|secret|token|key|authorization|credentials?|cookie|string)\\*")\s*:|=(?<=(?:word|wd|phrase|secret|token|key|authorization|credentials?|cookie|string)=)/i
const address = /:\/\/[^\s/@"'\\]{0,300}@/

/** Whether a text may hold something to mask. */
export function isMarked(text: string): boolean {
  return prefix.test(text) || word.test(text) || named.test(text) || address.test(text)
}

type Rule = { kind: string; find: RegExp }

/** Where a run of token characters begins; the letter of an escape such as \n before it does not belong to the run. */
const start = String.raw`(?<=^|[^A-Za-z0-9_-]|\\[bfnrt]|\\u[0-9a-fA-F]{4})`
const token = (kind: string, shape: string): Rule => ({ kind, find: new RegExp(start + shape, 'g') })

/**
 * Tokens that can be told by their shape. No match can hold a quote or a backslash, so a masked JSON text stays JSON.
 * Each begins only where a run of its characters begins, so the time is linear (T36).
 */
const tokens: readonly Rule[] = [
  token('runlayer-key', 'rl_[A-Za-z0-9_-]{16,}'),
  token('aws-access-key', 'A(?:KIA|SIA|IPA|ROA)[A-Z0-9]{16}(?![A-Za-z0-9])'),
  token('github-token', '(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})'),
  token('gitlab-token', 'gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt)-[A-Za-z0-9_.-]{16,}'),
  token('slack-token', '(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}'),
  token(
    'google-key',
    String.raw`(?:AIza[A-Za-z0-9_-]{30,}|GOCSPX-[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_.-]{20,})`,
  ),
  token('stripe-key', '(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9]{16,}'),
  token('ai-key', 'sk-[A-Za-z0-9_-]{20,}'),
  token(
    'registry-token',
    '(?:npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}|hf_[A-Za-z0-9]{30,}|dop_v1_[a-f0-9]{40,})',
  ),
  token('sendgrid-key', String.raw`SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`),
  token('jwt', String.raw`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,3}`),
]
const header = new RegExp(`${start}(bearer|basic) {1,4}(?!\\[REDACTED)[A-Za-z0-9._~+/=-]{8,}`, 'gi')
/** A block may be cut off; JSON texts hold its line ends as escapes, possibly escaped again. */
const privateKey =
  /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[A-Za-z0-9+/=:,. \r\n-]|\\{1,8}[nrt])*(?:-----END[A-Z0-9 ]{0,40}-----)?/g
/** What was masked inside an address is not taken for its user and password. */
const connection = /(:\/\/[^\s:/@"'\\]{0,128}(?<!\[REDACTED):)(?!\[REDACTED)[^\s@"'\\/]{1,256}(?=@)/g
const assignment = new RegExp(
  String.raw`${start}([A-Za-z0-9_-]{2,64})=(?!\[REDACTED)[^\s"'\\&;,<>(){}[\]=]{4,}={0,2}`,
  'g',
)

/**
 * A text (raw JSON or plain) with what looks like a secret replaced by `[REDACTED:kind]`. JSON stays JSON: quotes and
 * escapes are never touched, and numbers keep their digits. Returns the same string when there is nothing to mask.
 */
export function maskSecrets(text: string): string {
  return isMarked(text) ? maskMarked(text) : text
}

function maskMarked(text: string): string {
  let masked = text.includes('\\u00') || text.includes('\\/') ? unescapePrintable(text) : text
  if (masked.includes('-----BEGIN')) masked = masked.replace(privateKey, '[REDACTED:private-key]')
  for (const { kind, find } of tokens) masked = masked.replace(find, `[REDACTED:${kind}]`)
  masked = masked.replace(header, '$1 [REDACTED:authorization]')
  if (masked.includes('@')) masked = masked.replace(connection, '$1[REDACTED:password]')
  if (masked.includes('=')) {
    masked = masked.replace(assignment, (all, name: string) =>
      namesSecret(name) ? `${name}=[REDACTED:${kindOf(name)}]` : all,
    )
  }
  return maskMembers(masked)
}

const kindOf = (name: string) => (/auth/i.test(name) ? 'authorization' : 'secret')

/** `rl\u005f…` and `rl_…` are the same string to a JSON reader, so they must be the same text to the rules. */
function unescapePrintable(text: string): string {
  return text.replace(/\\+(?:u00([2-7][0-9a-fA-F])|\/)/g, (all, hex: string | undefined) => {
    const backslashes = all.lastIndexOf('\\') + 1
    if (backslashes % 2 === 0) return all
    const character = hex === undefined ? '/' : String.fromCharCode(Number.parseInt(hex, 16))
    if (character === '"' || character === '\\' || character === '\x7f') return all
    return '\\'.repeat(backslashes - 1) + character
  })
}
