import type { AwsSettings } from '../config/secret-stores.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { askStore, badAnswer, fieldOf, type SecretStore, unavailable } from './ask-store.ts'
import { signAws } from './sign-aws.ts'

const store = 'AWS Secrets Manager'
/** Names and ARNs of secrets. */
const name = /^[\w/+=.@:!-]{1,512}$/
const target = 'secretsmanager.GetSecretValue'
const refusals = new Set(['AccessDeniedException', 'UnrecognizedClientException', 'ExpiredTokenException'])

/** `aws-sm:NAME-OR-ARN`, with `#FIELD` when the secret is a JSON object. */
export function awsSecrets(o: {
  settings: AwsSettings
  fetch: GuardedFetch
  now: () => number
}): SecretStore {
  const { settings, fetch, now } = o
  async function ask(secretId: string) {
    const body = JSON.stringify({ SecretId: secretId })
    const plain = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
    const url = new URL(settings.url)
    const headers = signAws({ ...settings, service: 'secretsmanager', url, headers: plain, body, at: now() })
    return await askStore(fetch, { store, url: settings.url, request: { method: 'POST', headers, body } })
  }
  return {
    check: (ref) => (name.test(ref.path) ? undefined : 'This is no name or ARN of a secret.'),
    async read(ref) {
      const answer = await ask(ref.path)
      if (answer.status !== 200) {
        const type = String(answer.value?.['__type'] ?? '').replace(/^.*#/, '')
        if (type === 'ResourceNotFoundException') throw unavailable(store, 'has no such secret')
        if (refusals.has(type) || answer.status === 403)
          throw unavailable(store, 'does not let this host read the secret')
        throw badAnswer(store, answer)
      }
      const text = answer.value?.['SecretString']
      if (typeof text !== 'string') throw unavailable(store, 'holds this secret as bytes, not as text')
      if (ref.field === undefined) return text
      return fieldOf(store, objectIn(text), ref.field)
    },
  }
}

function objectIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
