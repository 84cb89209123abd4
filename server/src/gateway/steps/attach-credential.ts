import type { Credentials } from '../../credentials/credentials.ts'
import type { Armed, Screened } from '../../kernel/call.ts'
import { credentialOwner } from '../../kernel/caller.ts'
import type { Step } from './step.ts'

/** The only place a secret enters a call; the next step is the last that sees it. */
export function attachCredential(credentials: Pick<Credentials, 'attach'>): Step<Screened, Armed> {
  return (call) => {
    const credential = credentials.attach(call.connector, credentialOwner(call.caller, call.connector.id))
    if (credential instanceof Promise) return credential.then((opened) => ({ ...call, credential: opened }))
    return { ...call, credential }
  }
}
