import { type SecretStores, secretStores } from '../../server/src/credentials/secret-stores.ts'
import { openGuardedFetch } from '../../server/src/lib/guarded-fetch.ts'
import { addressGuard } from '../../server/src/lib/network.ts'

/** A host where every secret is kept in the database. */
export function noSecretStores(): SecretStores {
  return secretStores({
    settings: { vault: undefined, aws: undefined, files: undefined },
    fetch: openGuardedFetch({ guard: addressGuard([]) }),
    now: Date.now,
  })
}
