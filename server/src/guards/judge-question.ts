import { isObjectText, membersOf, stringOf } from '../lib/raw-json.ts'

/** What a question of a server wants that no server may ask for in a form (T34). `what` is in our words. */
export type SecretWanted = { readonly what: string; readonly path: string }

type Wanted = { readonly what: string; readonly pattern: RegExp }

const wanted: readonly Wanted[] = [
  {
    what: 'a password',
    pattern:
      /\b(?:pass\s?word|pass\s?phrase|passwd|pwd|pass\s?code|passwort|kennwort|contraseña|mot de passe|senha|wachtwoord|hasło|şifre|парол[ья])\b|密码|密碼|パスワード|비밀번호|كلمة المرور/iu,
  },
  {
    what: 'a key or token',
    pattern:
      /\b(?:api|access|private|secret|signing|encryption|ssh|license|auth|bearer|refresh|session)\s?(?:keys?|tokens?|secrets?)\b|\b(?:client\s?secret|credentials?|api\s?schlüssel)\b|^(?:secret|token|pat|key)$/iu,
  },
  {
    what: 'a payment card',
    pattern:
      /\b(?:credit|debit|payment|bank)?\s?card\s?(?:number|no)\b|\b(?:cvv2?|cvc2?|card\s?security\s?code)\b/iu,
  },
  {
    what: 'a one-time code',
    pattern:
      /\b(?:otp|one\s?time\s?(?:code|password|pin)|2fa|mfa|totp|verification\s?code|authenticator\s?code|recovery\s?(?:code|key|phrase)s?|seed\s?phrase|mnemonic|pin\s?(?:code|number)|pin)\b/iu,
  },
  {
    what: 'an identity number',
    pattern: /\b(?:ssn|social\s?security\s?(?:number|no)|passport\s?(?:number|no))\b/iu,
  },
]
/** Words that make a secret's name something else: how long it must be, whether to reset it. */
const about =
  /\b(?:policy|length|strength|reset|forgot|changed?|expir\w*|rotat\w*|name|id|count|max|min|limit|type|url|page|next|hint|manager)\b/iu
const asking =
  /\b(?:enter|provide|type|give|send|paste|share|supply|input|confirm|tell|need|require|submit|fill|what is|what's|reveal|include|print|return|show|list|output|eingeben|introduzca|ingrese|saisissez|digite)\b/iu

const words = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_\-.]+/g, ' ')

function secretIn(text: string): string | undefined {
  return wanted.find(({ pattern }) => pattern.test(text))?.what
}

/** A sentence that asks for a secret, not one that speaks of it. Looks at the first characters only. */
function askedIn(text: string): string | undefined {
  for (const sentence of text.slice(0, 8_000).split(/(?<=[.!?\n])\s/u)) {
    if (!asking.test(sentence) && !/\?\s*$/.test(sentence) && !/:\s*$/.test(sentence)) continue
    const what = secretIn(sentence)
    if (what !== undefined && !/\b(?:never|not|don't|without)\b/i.test(sentence)) return what
  }
  return undefined
}

/** A form may not ask for secrets; a page of the server's own (mode url) may, with its origin shown. */
export function secretAsked(method: string, params: string): SecretWanted | undefined {
  if (!isObjectText(params)) return undefined
  const members = membersOf(params)
  if (method === 'elicitation/create') return inForm(members)
  return method === 'sampling/createMessage' ? inSampling(members) : undefined
}

function inForm(members: ReadonlyMap<string, string>): SecretWanted | undefined {
  if (stringOf(members.get('mode')) === 'url') return undefined
  const schema = members.get('requestedSchema')
  const properties = isObjectText(schema) ? membersOf(schema).get('properties') : undefined
  if (isObjectText(properties)) {
    for (const [name, text] of membersOf(properties)) {
      const what = isObjectText(text) ? inProperty(name, membersOf(text)) : undefined
      if (what !== undefined) return { what, path: `requestedSchema.properties.${name.slice(0, 64)}` }
    }
  }
  const what = askedIn(stringOf(members.get('message')) ?? '')
  return what === undefined ? undefined : { what, path: 'message' }
}

function inProperty(name: string, property: ReadonlyMap<string, string>): string | undefined {
  const type = stringOf(property.get('type'))
  if (type === 'boolean' || property.has('enum') || property.has('oneOf')) return undefined
  const label = words(name)
  const title = stringOf(property.get('title')) ?? ''
  for (const text of [label, title]) {
    const what = secretIn(text)
    if (what !== undefined && !about.test(text)) return what
  }
  return askedIn(stringOf(property.get('description')) ?? '')
}

/** A sampled text that asks the model for secrets would have it take them from the conversation. */
function inSampling(members: ReadonlyMap<string, string>): SecretWanted | undefined {
  const parts: [string, string | undefined][] = [
    ['systemPrompt', members.get('systemPrompt')],
    ['messages', members.get('messages')],
  ]
  for (const [path, text] of parts) {
    if (text === undefined) continue
    for (const found of text
      .slice(0, 64_000)
      .matchAll(/"(?:text|systemPrompt)"\s{0,4}:\s{0,4}"((?:[^"\\]|\\.){1,8000})"/g)) {
      const what = askedIn((found[1] ?? '').replaceAll('\\n', '\n'))
      if (what !== undefined) return { what, path }
    }
    const own = path === 'systemPrompt' ? askedIn(stringOf(text) ?? '') : undefined
    if (own !== undefined) return { what: own, path }
  }
  return undefined
}
