import type { Credentials } from '../../credentials/credentials.ts'
import type { Armed, Screened } from '../../kernel/call.ts'
import { credentialOwner } from '../../kernel/caller.ts'
import type { ServerId } from '../../kernel/ids.ts'
import type { Step } from './step.ts'

/** The only place a secret enters a call; the next step is the last that sees it. */
export function attachCredential(
  credentials: Pick<Credentials, 'attach'>,
  noteLent: (delegationId: string, serverId: ServerId) => void,
): Step<Screened, Armed> {
  return (call) => {
    const { caller, connector } = call
    if (caller.acting?.lent.includes(connector.id) === true) noteLent(caller.id, connector.id)
    const credential = credentials.attach(connector, credentialOwner(caller, connector.id))
    if (credential instanceof Promise) return credential.then((opened) => ({ ...call, credential: opened }))
    return { ...call, credential }
  }
}
