import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid, type UserId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Mail } from '../mail/mail.ts'
import type { Identity } from './identity.ts'
import type { SignInLink } from './keep-session.ts'
import type { Person } from './person.ts'

const LinkDocument = z
  .object({
    url: z.string(),
    token: z.string(),
    expires_at: z.string(),
    mail: z
      .enum(['sent', 'failed', 'off'])
      .describe('Whether the person was sent the link; off without RUNLAYER_SMTP_URL.'),
    mail_problem: z.string().nullable().describe('Why it could not be sent.'),
  })
  .meta({ id: 'SignInLink' })
const Params = z.object({ id: z.string() })

/** Sent to the person where mail is on, and answered either way: a letter that is lost must not lock anybody out. */
async function passOn(
  mail: LinkParts['mail'],
  { email, name }: Pick<Person, 'email' | 'name'>,
  { link, subject }: { link: SignInLink; subject: string },
) {
  const { url, token, expiresAt } = link
  const until = expiresAt.toISOString().replace('T', ' ').slice(0, 16)
  const text = `${name === '' ? 'Hello' : `Hello ${name}`},

open this link to sign in. It works once, until ${until} UTC:

${url}

Whoever opens it is you, so do not pass it on. If you expect no such letter, leave it alone.
`
  const mailed = await mail.send({ to: email, subject, text })
  return {
    url,
    token,
    expires_at: expiresAt.toISOString(),
    mail: mailed.state,
    mail_problem: mailed.state === 'failed' ? mailed.why : null,
  }
}

type LinkParts = {
  identity: Pick<Identity, 'people' | 'mintSignInLink' | 'invite'>
  mail: Pick<Mail, 'send'>
}

/** Links to pass on by hand. The secret is in no record: the audit says for whom, not what. */
export function linkRoutes({ identity, mail }: LinkParts): Route[] {
  const shared = { method: 'POST', tag: 'People', params: Params, output: LinkDocument, status: 201 } as const
  return [
    route({
      ...shared,
      path: '/api/v1/users/{id}/invitations',
      operationId: 'createInvitation',
      summary: 'A link to pass on for somebody’s first sign-in, once within 7 days',
      needs: 'people.write',
      audit: { action: 'invitation_created', resourceType: 'user' },
      async run({ caller }, { params }) {
        const person = await personOf(identity, params.id)
        const link = await identity.invite(person.id, caller)
        return passOn(mail, person, { link, subject: 'Your invitation' })
      },
    }),
    route({
      ...shared,
      path: '/api/v1/users/{id}/sign-in-links',
      operationId: 'createSignInLink',
      summary: 'A link to pass on, which signs this person in once within 24 hours',
      // Whoever holds the link is that person, so only those who give roles may make one.
      needs: 'roles.write',
      audit: { action: 'sign_in_link_created', resourceType: 'user' },
      async run(_context, { params }) {
        const person = await personOf(identity, params.id)
        const link = await identity.mintSignInLink(person.email)
        return passOn(mail, person, { link, subject: 'Your sign-in link' })
      },
    }),
  ]
}

async function personOf({ people }: LinkParts['identity'], id: string): Promise<Person> {
  const person = isUuid(id) ? await people.find(id as UserId) : undefined
  if (person === undefined) throw new GatewayError('not-found', 'There is no person with this id.')
  return person
}
