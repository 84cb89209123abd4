import { findHidden } from './find-hidden.ts'
import { findSecrets, redact } from './find-secrets.ts'
import { jsonStrings } from './walk-json.ts'

/** What to take out of a text. */
/** `named`: also where a member's own name asks for a secret; a tool that takes a password must get it. */
export type Masks = { secrets: boolean; hidden: boolean; named?: boolean }
export type Masked = { text: string; secrets: number; hidden: number }

/** A JSON text with secrets written over and hidden characters removed, string by string; numbers and form stay. */
export function maskJson(text: string, masks: Masks): Masked {
  const out: Masked = { text, secrets: 0, hidden: 0 }
  let built = ''
  let copied = 0
  for (const { from, to, value, name, isName } of jsonStrings(text)) {
    if (isName || value.length < 2) continue
    const masked = maskValue(value, name, masks)
    if (masked.text === value) continue
    out.secrets += masked.secrets
    out.hidden += masked.hidden
    built += text.slice(copied, from) + JSON.stringify(masked.text)
    copied = to
  }
  if (copied > 0) out.text = built + text.slice(copied)
  return out
}

const namesSecret = (name: string) =>
  /(?:pass(?:word|wd|phrase|code)|pwd|secret|token|key|credentials?|authorization|auth|cookie|dsn|connection[_-]?string|connectionUri|database[_-]?url)s?$/i.test(
    name,
  )

function maskValue(value: string, name: string, masks: Masks): Masked {
  const unveiled = masks.hidden ? findHidden(value) : undefined
  const isVeiled = unveiled !== undefined && !(unveiled.harmless && unveiled.hits.length < 4)
  const text = isVeiled ? unveiled.text : value
  const wantsSecret = masks.named === false && namesSecret(name)
  const secrets = masks.secrets && !wantsSecret ? findSecrets(text, masks.named === false ? '' : name) : []
  return { text: redact(text, secrets), secrets: secrets.length, hidden: isVeiled ? unveiled.hits.length : 0 }
}
