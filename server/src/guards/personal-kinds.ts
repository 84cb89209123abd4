/** Personal data that can be told from other text: by form, checksum or a word beside it. */
export type PersonalKind = {
  readonly kind: string
  /** What it is, in words for people. */
  readonly what: string
  /** Bounded repeats only, flags g; the first group is what counts, else the whole. */
  readonly pattern: RegExp
  /** Whether the digits and letters found can be one. */
  holds?(found: string): boolean
  readonly caught: readonly string[]
  readonly spared: readonly string[]
}

const digitsOf = (text: string) => Array.from(text.replace(/\D/g, ''), Number)
const weighed = (digits: readonly number[], weights: readonly number[]) =>
  weights.reduce((sum, weight, at) => sum + weight * (digits[at] ?? 0), 0)

function luhn(digits: readonly number[]): boolean {
  const sum = digits.toReversed().reduce((all, digit, at) => {
    const twice = digit * 2
    return all + (at % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice)
  }, 0)
  return sum % 10 === 0
}

function isCard(found: string): boolean {
  const digits = digitsOf(found)
  if (digits.length < 13 || digits.length > 19 || new Set(digits).size < 2) return false
  return luhn(digits)
}

/** Characters of an IBAN by country; other countries have none. */
const ibanLengths = new Map(
  'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IS26 IT27 JO30 KW30 KZ20 LB28 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SE24 SI19 SK24 SM27 TN24 TR26 UA29 VA22 XK20'
    .split(' ')
    .map((each) => [each.slice(0, 2), Number(each.slice(2))] as const),
)

function isIban(found: string): boolean {
  const text = found.replace(/\s/g, '')
  if (ibanLengths.get(text.slice(0, 2)) !== text.length) return false
  let rest = 0
  for (const char of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(char, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

function isSteuerId(found: string): boolean {
  const digits = digitsOf(found)
  let product = 10
  for (const digit of digits.slice(0, 10)) {
    const sum = (digit + product) % 10 || 10
    product = (sum * 2) % 11
  }
  return digits.length === 11 && digits[0] !== 0 && (11 - product) % 10 === digits[10]
}

function isCpf(found: string): boolean {
  const digits = digitsOf(found)
  const check = (length: number) => {
    const sum = digits.slice(0, length).reduce((all, digit, at) => all + digit * (length + 1 - at), 0)
    return ((sum * 10) % 11) % 10
  }
  return new Set(digits).size > 1 && check(9) === digits[9] && check(10) === digits[10]
}

const turns = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
]
const shifts = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
]
/** The checksum of Verhoeff. */
const verhoeff = (digits: readonly number[]) =>
  digits
    .toReversed()
    .reduce((check, digit, at) => Number(turns[check]?.[Number(shifts[at % 8]?.[digit])]), 0) === 0

const pesel = (found: string) => weighed(digitsOf(found), [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0
const bsn = (found: string) => weighed(digitsOf(found), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0
const nir = (found: string) => {
  const digits = found.replace(/\s/g, '')
  return 97 - Number(BigInt(digits.slice(0, 13)) % 97n) === Number(digits.slice(13))
}

export const personalKinds: readonly PersonalKind[] = [
  {
    kind: 'email',
    what: 'a mail address',
    pattern:
      /(?<![\w.+/-])(?!git@|noreply@|no-reply@)[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\.[a-z]{2,24}\b(?!\/)/gi,
    caught: ['write to ada.lovelace@example.com today'],
    spared: ['git@github.com:acme/app.git', 'user@host', 'react@18.2.0', 'noreply@shop.example'],
  },
  {
    kind: 'phone',
    what: 'a phone number',
    pattern:
      /(?<![\w.+-])(\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]?\d{2,4}){1,4})(?![\w-])|(?<![\w.-])(\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})(?![\w-])|\b(?:phone|telephone|mobile|tel|cell)\b[^\d\n]{0,12}(\d[\d ()/.-]{5,18}\d)(?![\w-])/gi,
    holds: (found) => digitsOf(found).length >= 7 && digitsOf(found).length <= 15,
    caught: ['call +44 20 7946 0958', 'call (415) 555-0132', 'Tel.: 030 1234567'],
    spared: ['version 1.2.3-4', '2026-11-28', 'order 4155550132', 'offset +0100', '192.168.10.254'],
  },
  {
    kind: 'card',
    what: 'a payment card number',
    pattern: /(?<![\w.-])(?:[3-6]\d{3}|2[2-7]\d{2})(?:[ -]?\d){8,15}(?![\w-])/g,
    holds: isCard,
    caught: ['card 4111 1111 1111 1111', '5500-0055-5555-5559', '378282246310005'],
    spared: ['4111 1111 1111 1112', '4444444444444444', 'id 5500005555555550'],
  },
  {
    kind: 'iban',
    what: 'a bank account number',
    pattern: /(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}(?![\w-])/g,
    holds: isIban,
    caught: ['DE89 3704 0044 0532 0130 00', 'IBAN GB82WEST12345698765432'],
    spared: ['DE88 3704 0044 0532 0130 00', 'AB12 CD34 EF56 GH78'],
  },
  {
    kind: 'us-ssn',
    what: 'a social security number (US)',
    pattern: /(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g,
    caught: ['SSN 536-90-4399'],
    spared: ['000-12-3456', '123-45-678', '987-65-4321'],
  },
  {
    kind: 'uk-nino',
    what: 'a national insurance number (UK)',
    pattern:
      /(?<![\w-])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\w-])/g,
    caught: ['AB 12 34 56 C'],
    spared: ['GB123456A', 'QQ123456C', 'AB123456E'],
  },
  {
    kind: 'es-dni',
    what: 'a national identity number (ES)',
    pattern: /(?<![\w-])\d{8}-?[A-HJ-NP-TV-Z](?![\w-])/g,
    holds: (found) => 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(found.slice(0, 8)) % 23] === found.at(-1),
    caught: ['DNI 12345678Z'],
    spared: ['12345678A', '123456789Z'],
  },
  {
    kind: 'fr-nir',
    what: 'a social security number (FR)',
    pattern: /(?<![\w.-])[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}(?![\w-])/g,
    holds: nir,
    caught: ['1 84 12 76 451 089 46'],
    spared: ['1 84 12 76 451 089 45'],
  },
  {
    kind: 'de-steuer-id',
    what: 'a tax identity number (DE)',
    pattern: /\b(?:steuer|idnr|tin|tax)[\w. -]{0,24}[^\w\n]{1,3}(\d{2} ?\d{3} ?\d{3} ?\d{3})(?!\w)/gi,
    holds: isSteuerId,
    caught: ['Steuer-ID: 86095742719'],
    spared: ['86095742719', 'Steuer-ID: 86095742718'],
  },
  {
    kind: 'pl-pesel',
    what: 'a national identity number (PL)',
    pattern: /\bpesel\b[^\d\n]{0,8}(\d{11})(?!\w)/gi,
    holds: pesel,
    caught: ['PESEL: 44051401359'],
    spared: ['44051401359', 'PESEL: 44051401358'],
  },
  {
    kind: 'nl-bsn',
    what: 'a citizen service number (NL)',
    pattern: /\b(?:bsn|burgerservicenummer)\b[^\d\n]{0,8}(\d{9})(?!\w)/gi,
    holds: bsn,
    caught: ['BSN 111222333'],
    spared: ['BSN 111222334', '111222333'],
  },
  {
    kind: 'it-codice-fiscale',
    what: 'a tax code (IT)',
    pattern: /(?<![\w-])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![\w-])/g,
    caught: ['RSSMRA85T10A562S'],
    spared: ['RSSMRA85Z10A562S', 'ABCDEF12'],
  },
  {
    kind: 'br-cpf',
    what: 'a taxpayer number (BR)',
    pattern: /(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])/g,
    holds: isCpf,
    caught: ['CPF 529.982.247-25'],
    spared: ['529.982.247-24', '111.111.111-11'],
  },
  {
    kind: 'in-aadhaar',
    what: 'an identity number (IN)',
    pattern: /(?<![\w.-])[2-9]\d{3} \d{4} \d{4}(?![\w-]| \d)/g,
    holds: (found) => verhoeff(digitsOf(found)),
    caught: ['Aadhaar 2341 2341 2346'],
    spared: ['2341 2341 2347', '1000 2000 3000'],
  },
]
