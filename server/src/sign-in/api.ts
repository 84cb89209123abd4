import { z } from 'zod'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import { type Route, route, type SignInContext } from '../kernel/route.ts'
import { securityRoutes } from './api-security.ts'
import type { SignedIn, SignIn } from './sign-in.ts'

const PasskeyAnswer = z.strictObject({
  state: z.string().min(1).max(500),
  response: z.record(z.string(), z.unknown()).describe('What the browser answered, as JSON.'),
})
const NewSession = z
  .strictObject({
    token: z.string().min(1).max(200).optional().describe('From a one-time sign-in link.'),
    email: z.string().min(1).max(254).optional(),
    password: z.string().min(1).max(1000).optional(),
    code: z
      .string()
      .min(1)
      .max(40)
      .optional()
      .describe('Of the authenticator app, or a recovery code, with email and password.'),
    passkey: PasskeyAnswer.optional(),
  })
  .meta({ id: 'NewSession' })
const Session = z.object({ csrf_token: z.string(), user_id: z.string() }).meta({ id: 'Session' })
const PasskeyQuestion = z
  .object({ state: z.string(), options: z.record(z.string(), z.unknown()) })
  .meta({ id: 'PasskeyQuestion' })
const SignInOptions = z
  .object({
    passkey: PasskeyQuestion.nullable().describe('null where passkeys cannot work.'),
    single_sign_on: z.object({
      asks_email: z.boolean().describe('The domain of an email may lead to an identity provider.'),
      providers: z.array(z.object({ id: z.string(), name: z.string() })),
    }),
  })
  .meta({ id: 'SignInOptions' })

const Recovery = z
  .strictObject({
    email: z.string().max(254).optional().describe('Whom to let in; by default the first Super Admin.'),
    at: z.number().int(),
    nonce: z.string().min(16).max(100),
    proof: z.string().min(1).max(100).describe('Signed with a key that only the host has.'),
  })
  .meta({ id: 'AdminRecovery' })
const Recovered = z
  .object({ email: z.string(), url: z.string(), expires_at: z.string() })
  .meta({ id: 'AdminRecovered' })

export function signInRoutes(parts: { signIn: SignIn }): Route[] {
  const { signIn } = parts
  return [
    route({
      method: 'GET',
      path: '/api/v1/sign-in',
      operationId: 'getSignInOptions',
      summary: 'The ways to sign in here, with a fresh question for passkeys',
      tag: 'Sessions',
      needs: 'public',
      output: SignInOptions,
      status: 200,
      run: async () => ({
        passkey: signIn.passkeys.isOffered ? await signIn.passkeys.questionToSignIn() : null,
        single_sign_on: await signOnOffered(signIn),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/sessions',
      operationId: 'createSession',
      summary: 'Signs in to the console: with a link, with email and password, or with a passkey',
      tag: 'Sessions',
      needs: 'public',
      audit: { action: 'session_created', resourceType: 'session' },
      body: NewSession,
      output: Session,
      status: 201,
      async run(context, { body }) {
        const signedIn = await begin(signIn, body, context as SignInContext)
        const { caller } = signedIn
        context.record({ resourceId: caller.proof.id, after: { user_id: caller.id, email: caller.email } })
        ;(context as SignInContext).setCookie(signedIn.setCookie)
        return { csrf_token: signedIn.csrfToken, user_id: caller.id }
      },
    }),
    recoveryRoute(signIn),
    ...securityRoutes(parts),
  ]
}

async function signOnOffered(signIn: SignIn) {
  const { asksEmail, providers } = await signIn.singleSignOn()
  return { asks_email: asksEmail, providers: [...providers] }
}

function recoveryRoute(signIn: SignIn): Route {
  return route({
    method: 'POST',
    path: '/api/v1/admin-recovery',
    operationId: 'recoverAdmin',
    summary:
      'For runlayer admin recover on the host: a link that signs a Super Admin in once within 15 minutes',
    tag: 'Sessions',
    needs: 'public',
    audit: { action: 'admin_recovered', resourceType: 'user' },
    body: Recovery,
    output: Recovered,
    status: 201,
    async run(context, { body }) {
      const { email = '', ...claim } = body
      const { identified } = context as SignInContext
      const made = await signIn.recover({ ...claim, email }, context.ip, async (person) => {
        context.record({ resourceId: person.id, after: { email: person.email } })
        await identified(person)
      })
      return { email: made.email, url: made.url, expires_at: made.expiresAt.toISOString() }
    },
  })
}

async function begin(
  signIn: SignIn,
  body: z.output<typeof NewSession>,
  context: SignInContext,
): Promise<SignedIn> {
  const { token, email, password, code, passkey } = body
  const { identified } = context
  const from = { ip: context.ip, userAgent: context.userAgent }
  const ways = [token, passkey, email ?? password].filter((way) => way !== undefined).length
  if (ways !== 1) throw wrong('token', 'one-of', 'Send a token, or email and password, or a passkey.')
  if (token !== undefined) return signIn.withLink(token, from, identified)
  if (passkey !== undefined) return signIn.withPasskey(passkey, from, identified)
  if (email === undefined) throw wrong('email', 'required', 'Send the email that belongs to the password.')
  if (password === undefined)
    throw wrong('password', 'required', 'Send the password that belongs to the email.')
  return signIn.withPassword({ email, password, code }, from, identified)
}

function wrong(field: string, rule: string, msg: string): GatewayError {
  const errors: FieldError[] = [{ loc: `body.${field}`, rule, msg }]
  return new GatewayError('invalid-field', `body.${field}: ${msg}`, { errors })
}
