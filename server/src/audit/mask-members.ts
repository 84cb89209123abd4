/** Endings of member, header and variable names whose value is a secret. Letters only: `API-Key` is read as `apikey`. */
const endings = [
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'token',
  'apikey',
  'accesskey',
  'secretkey',
  'privatekey',
  'signingkey',
  'encryptionkey',
  'authorization',
  'credential',
  'credentials',
  'cookie',
  'connectionstring',
  'authtoken',
] as const
/** Positions in lists and streams, not credentials. */
const harmless =
  /(?:page|pagination|next|prev|previous|progress|continuation|cursor|sync|delta|resume|reset|stop|start|end|eos|bos|pad|special)token$/
const likely =
  /(?:pass(?:word|wd|phrase)|pwd|secret|token|key|authorization|credentials?|cookie|string)(\\*)"\s*:\s*/gi

/** Whether a member of this name holds a secret. */
export function namesSecret(name: string): boolean {
  const letters = name.replace(/[^A-Za-z]/g, '').toLowerCase()
  return endings.some((ending) => letters.endsWith(ending)) && !harmless.test(letters)
}

/**
 * Masks the values of members such as "password": …, also inside JSON that is itself a string (`{\"password\":\"…\"}`),
 * where quotes carry backslashes. A string, number, list or object as value is replaced whole. One pass, linear.
 */
export function maskMembers(text: string): string {
  likely.lastIndex = 0
  let out = ''
  let copied = 0
  for (let found = likely.exec(text); found !== null; found = likely.exec(text)) {
    const backslashes = found[1]?.length ?? 0
    const level = levelOf(backslashes)
    const from = likely.lastIndex
    if (!namesSecret(nameBefore(text, found.index + found[0].indexOf('"') - backslashes))) continue
    const end = valueEnd(text, from, level)
    if (end === undefined) continue
    const quote = `${'\\'.repeat(level)}"`
    out += `${text.slice(copied, from)}${quote}[REDACTED:secret]${quote}`
    copied = end
    likely.lastIndex = end
  }
  return copied === 0 ? text : out + text.slice(copied)
}

/** The member name that ends before `end`. Names longer than 80 characters are judged by their last 80. */
function nameBefore(text: string, end: number): string {
  const part = text.slice(Math.max(0, end - 80), end)
  return part.slice(part.lastIndexOf('"') + 1)
}

/** The level a closing quote belongs to: 0, 1, 3, 7…; backslashes beyond it end the name itself. */
function levelOf(backslashes: number): number {
  let level = 0
  while ((backslashes - level) % (2 * (level + 1)) !== 0) level = level * 2 + 1
  return level
}

/** Index after the value that starts at `from`, or undefined when there is nothing to hide (null, true, masked, empty). */
function valueEnd(text: string, from: number, level: number): number | undefined {
  const first = text.charCodeAt(from)
  if (first === 0x5b || first === 0x7b) return nestedEnd(text, from, level)
  if ((first >= 0x30 && first <= 0x39) || first === 0x2d) {
    let end = from + 1
    while (end < text.length && /[0-9.eE+-]/.test(text.charAt(end))) end += 1
    return end
  }
  const opening = `${'\\'.repeat(level)}"`
  if (!text.startsWith(opening, from)) return undefined
  const { end, cut } = stringEnd(text, from + opening.length, level)
  const inner = text.slice(from + opening.length, cut ? end : end - opening.length)
  return inner === '' || /^\[REDACTED:[a-z-]+\]$/.test(inner) ? undefined : end
}

/**
 * Index after the closing quote of a string at a level of nesting: level 0 is `"`, a JSON text in a string is level 1
 * (`\\"`), then 3, 7… At level k one inner backslash is written as k+1, so a quote closes when the backslashes before it
 * are k plus an even number of those units. Not whole units: an enclosing string ends, so the value was cut off there.
 */
function stringEnd(text: string, from: number, level: number): { end: number; cut: boolean } {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 1)) {
    let run = 0
    while (at - run - 1 >= from && text.charCodeAt(at - run - 1) === 0x5c) run += 1
    const units = (run - level) / (level + 1)
    if (run < level || !Number.isInteger(units)) return { end: at - run, cut: true }
    if (units % 2 === 0) return { end: at + 1, cut: false }
  }
  return { end: text.length, cut: true }
}

/** Index after the matching bracket, or where the enclosing string ends; strings inside are stepped over. */
function nestedEnd(text: string, from: number, level: number): number {
  let depth = 0
  const interesting = /[[\]{}]|\\*"/g
  interesting.lastIndex = from
  for (let found = interesting.exec(text); found !== null; found = interesting.exec(text)) {
    if (found[0].endsWith('"')) {
      if (found[0].length - 1 !== level) return found.index
      const { end, cut } = stringEnd(text, interesting.lastIndex, level)
      if (cut) return end
      interesting.lastIndex = end
      continue
    }
    depth += found[0] === '[' || found[0] === '{' ? 1 : -1
    if (depth === 0) return found.index + 1
  }
  return text.length
}
