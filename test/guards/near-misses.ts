import { makeValue, type Random } from './random-values.ts'

/** Something that looks like a secret and is none, with the name it stands under. */
export type NearMiss = { readonly name: string; readonly value: string }

const miss = (name: string, value: string): NearMiss => ({ name, value })

/** Patterns of values that stand in ordinary logs, lock files, answers and documentation. */
const patterns: readonly NearMiss[] = [
  miss('commit', '{40:hex}'),
  miss('request_id', '{8:hex}-{4:hex}-{4:hex}-{4:hex}-{12:hex}'),
  miss('trace_id', '{32:hex}'),
  miss('etag', 'W/"{32:hex}"'),
  miss('integrity', 'sha512-{86:b64}=='),
  miss('sha256', '{64:hex}'),
  miss('image', 'registry.example.com/shop/api@sha256:{64:hex}'),
  miss('next_page_token', '{60:url}'),
  miss('cursor', '{44:b64}'),
  miss('avatar', 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB{80:b64}'),
  miss('public_key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{43:b64} deploy@build'),
  miss('certificate', '-----BEGIN CERTIFICATE-----\\n{64:b64}\\n{64:b64}\\n-----END CERTIFICATE-----'),
  miss('publicKey', '-----BEGIN PUBLIC KEY-----\\n{64:b64}\\n{64:b64}\\n-----END PUBLIC KEY-----'),
  miss('publishable_key', 'pk_live_51{97:b62}'),
  miss('dsn', 'https://{32:hex}@o{6:digits}.ingest.sentry.io/{7:digits}'),
  miss('version', '{2:digits}.4.1-nightly.{8:digits}+{7:hex}'),
  miss('asset', '/assets/index-{8:b62}.js'),
  miss('order', 'ORD-{10:digits}-{4:AZ09}'),
  miss('iban_masked', 'DE** **** **** **** {4:digits}'),
  miss('arn', 'arn:aws:iam::{12:digits}:role/deploy'),
  miss('customer', 'cus_{14:b62}'),
  miss('payment_intent', 'pi_{24:b62}'),
  miss('channel', 'C0{9:AZ09}'),
  miss('file', 'file_{24:b62}.pdf'),
  miss('branch', 'feature/rotate-access-keys-{4:digits}'),
  miss('ulid', '01J{23:AZ09}'),
]

/** What documentation and configuration write in place of a secret. */
const placeholders: readonly NearMiss[] = [
  miss('GITHUB_TOKEN', `\${{ secrets.GITHUB_TOKEN }}`),
  miss('DB_PASSWORD', `\${DB_PASSWORD}`),
  miss('api_key', 'YOUR_API_KEY'),
  miss('api_key', '<your-api-key-here>'),
  miss('token', 'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
  miss('aws_access_key_id', 'AKIAIOSFODNN7EXAMPLE'),
  miss('aws_secret_access_key', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  miss('secret', 'process.env.CLIENT_SECRET'),
  miss('password', '********'),
  miss('password', 'changeme'),
  miss('key', 'sk_live_...4f2a'),
  miss('token', '[REDACTED]'),
  miss('stripe', 'STRIPE_SECRET_KEY'),
  miss('max_tokens', '4096'),
  miss('token_type', 'Bearer'),
  miss('url', 'postgresql://user:password@localhost:5432/app'),
  miss('note', 'Fine-grained tokens begin with github_pat_ and end with a checksum.'),
  miss('password_policy', 'minLength=12;requireDigit=true'),
  miss('tokenizer', 'cl100k_base'),
  miss('secretName', 'orders-db-credentials'),
]

export function nearMisses(random: Random, count: number): NearMiss[] {
  return Array.from({ length: count }, () => {
    const { name, value } = random.pick(random.below(3) === 0 ? placeholders : patterns)
    return { name, value: value.startsWith('$') ? value : makeValue(random, value) }
  })
}
