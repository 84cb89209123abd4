import { openDirectory } from './directory/directory.ts'
import { openOffBoarding } from './identity/off-board.ts'
import { openMail } from './mail/mail.ts'
import type { Parts } from './parts.ts'

/** People as they come and go: by hand, or as a directory says. */
export function openStaff(
  { config, log, now, storage, keyring }: Pick<Parts, 'config' | 'log' | 'now' | 'storage' | 'keyring'>,
  {
    audit,
    agents,
    identity,
    connectors,
    grants,
    credentials,
    signIn,
    sso,
    oauth,
  }: Pick<
    Parts,
    'audit' | 'agents' | 'identity' | 'connectors' | 'grants' | 'credentials' | 'signIn' | 'sso' | 'oauth'
  >,
): Pick<Parts, 'offBoarding' | 'directory' | 'mail'> {
  const offBoarding = openOffBoarding({
    people: identity.people,
    superAdminBesides: identity.superAdminBesides,
    handOver: [connectors.handOver, agents.handOver],
    endWays: signIn.endWays,
    endKeptSignIn: sso.forgetSignIn,
    endClients: oauth.endPerson,
    endDelegations: agents.delegations.endPerson,
    endGrants: grants.endPerson,
    endValues: credentials.endPerson,
  })
  const directory = openDirectory({
    ...{ db: storage.db, keyring, identity, offBoarding, now, log },
    journal: audit.journal,
    onFailed: ({ ip, reason, requestId }) => audit.recordFailedAuthentication({ ip, why: reason, requestId }),
    publicUrl: config.publicUrl,
  })
  const { smtpUrl: url, productName, publicUrl } = config
  return { offBoarding, directory, mail: openMail({ url, productName, publicUrl, log }) }
}
