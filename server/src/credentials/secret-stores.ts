import type { SecretStoreSettings } from '../config/secret-stores.ts'
import { parseReference } from '../kernel/secret-ref.ts'
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import { type SecretStore, unavailable } from './ask-store.ts'
import { awsSecrets } from './aws-secrets.ts'
import { fileSecrets } from './file-secrets.ts'
import { vaultSecrets } from './vault-secrets.ts'

export type SecretStores = {
  check(reference: string): string | undefined
  /** Throws secret-unavailable, naming the store. */
  read(reference: string): Promise<string>
  close(): Promise<void>
}

const names = {
  vault: 'HashiCorp Vault',
  'aws-sm': 'AWS Secrets Manager',
  file: 'the folder of secret files',
}
type Scheme = keyof typeof names
const settingOf: Record<Scheme, string> = {
  vault: 'RUNLAYER_VAULT_ADDR',
  'aws-sm': 'AWS_REGION with its access key',
  file: 'RUNLAYER_SECRET_FILES',
}
const maxChars = 32_768

export function secretStores(o: {
  settings: SecretStoreSettings
  /** For addresses the operator named: private ones too. */
  fetch: GuardedFetch
  now: () => number
}): SecretStores {
  const { settings, fetch, now } = o
  const stores: Partial<Record<Scheme, SecretStore>> = {
    ...(settings.vault === undefined
      ? {}
      : { vault: vaultSecrets({ settings: settings.vault, fetch, now }) }),
    ...(settings.aws === undefined ? {} : { 'aws-sm': awsSecrets({ settings: settings.aws, fetch, now }) }),
    ...(settings.files === undefined ? {} : { file: fileSecrets(settings.files) }),
  }
  return {
    check(reference) {
      const ref = parseReference(reference)
      if (ref === undefined || !isScheme(ref.scheme))
        return 'A reference is vault:PATH#FIELD, aws-sm:NAME, aws-sm:NAME#FIELD or file:NAME.'
      const store = stores[ref.scheme]
      return store === undefined
        ? `This host has no ${names[ref.scheme]}: its operator sets ${settingOf[ref.scheme]}.`
        : store.check(ref)
    },
    async read(reference) {
      const ref = parseReference(reference)
      const scheme = ref !== undefined && isScheme(ref.scheme) ? ref.scheme : undefined
      const store = scheme === undefined ? undefined : stores[scheme]
      if (ref === undefined || scheme === undefined || store === undefined)
        throw unavailable('a secret store', 'is not configured on this host any more')
      const problem = store.check(ref)
      if (problem !== undefined) throw unavailable(names[scheme], `cannot be asked: ${problem}`)
      return usable(names[scheme], await store.read(ref))
    },
    close: () => fetch.close(),
  }
}

function isScheme(scheme: string): scheme is Scheme {
  return Object.hasOwn(names, scheme)
}

/** It ends up in headers or variables, where a line end would start another one. */
function usable(store: string, secret: string): string {
  // A tab may stand in a header; no other control character may (\p{Cc}).
  if (secret === '' || secret.length > maxChars || /\p{Cc}/u.test(secret.replaceAll('\t', '')))
    throw unavailable(store, 'holds an empty text, a very long one or one with line ends, which is no secret')
  return secret
}
