import { z } from 'zod'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import { type RequestContext, type Route, route, type SignInContext } from '../kernel/route.ts'
import type { Mapped } from './map-claims.ts'
import type { Sso } from './sso.ts'

const Begin = z
  .strictObject({
    provider_id: z.string().max(100).optional(),
    email: z.string().trim().min(3).max(254).optional().describe('Instead: its domain names the provider.'),
    next: z.string().max(2000).optional().describe('The page to go to afterwards, a path of this server.'),
  })
  .meta({ id: 'SsoStart' })
const Address = z.object({ url: z.string() }).meta({ id: 'SsoAddress' })
const Answer = z
  .strictObject({
    state: z.string().min(1).max(200),
    code: z.string().min(1).max(8_192).optional(),
    iss: z.string().max(2_048).optional(),
    error: z.string().max(200).optional(),
    error_description: z.string().max(2_000).optional(),
  })
  .meta({ id: 'SsoAnswer' })
const Session = z
  .object({ csrf_token: z.string(), user_id: z.string(), next: z.string() })
  .meta({ id: 'SsoSession' })
const TestResult = z
  .object({
    provider_id: z.string(),
    provider_name: z.string(),
    email: z.string().nullable(),
    subject: z.string(),
    claims: z
      .array(z.object({ name: z.string(), value: z.string() }))
      .describe('What the provider said, for mapping; at most 100, each cut at 500 characters.'),
    mapped: z
      .object({
        groups: z.array(
          z.object({ value: z.string(), group_id: z.string().nullable(), group_name: z.string().nullable() }),
        ),
        attributes: z.record(z.string(), z.array(z.string())),
      })
      .describe('What a sign-in would make of it now. A value without a group leads nowhere.'),
  })
  .meta({ id: 'SsoTestResult' })

type Parts = { sso: Sso }
const about = { tag: 'Single sign-on' } as const

/** For people who are not signed in yet. */
export function beginRoutes({ sso }: Parts): Route[] {
  return [
    route({
      ...about,
      method: 'POST',
      path: '/api/v1/sign-in/single-sign-on',
      operationId: 'beginSingleSignOn',
      summary: 'Where to sign in: the address of the identity provider to open in this browser',
      needs: 'public',
      body: Begin,
      output: Address,
      status: 200,
      async run(context, { body }) {
        const { url, setCookie } = await sso.begin(chosen(body), body.next)
        ;(context as SignInContext).setCookie(setCookie)
        return { url }
      },
    }),
    route({
      ...about,
      method: 'POST',
      path: '/api/v1/sessions/single-sign-on',
      operationId: 'createSessionBySingleSignOn',
      summary: 'Signs in to the console with what the identity provider sent this browser back with',
      needs: 'public',
      audit: { action: 'session_created', resourceType: 'session' },
      body: Answer,
      output: Session,
      status: 201,
      async run(context, { body }) {
        const { setCookie, cookie, identified } = context as SignInContext
        const signedIn = await sso.finish(answerOf(body), {
          cookies: cookie,
          from: fromOf(context),
          identified,
        })
        const { caller, provider } = signedIn
        context.record({
          resourceId: caller.proof.id,
          after: { user_id: caller.id, email: caller.email, provider: provider.name },
        })
        setCookie(signedIn.setCookie)
        setCookie(signedIn.clearCookie)
        return { csrf_token: signedIn.csrfToken, user_id: caller.id, next: signedIn.next }
      },
    }),
  ]
}

/** For the administrator who sets a provider up. */
export function testRoutes({ sso }: Parts): Route[] {
  return [
    route({
      ...about,
      method: 'POST',
      path: '/api/v1/sso-providers/{id}/tests',
      operationId: 'beginSsoTest',
      summary: 'Begin a test sign-in of your own: the address to open in this browser',
      needs: 'sso.write',
      audit: { action: 'sso_test_started', resourceType: 'sso_provider' },
      params: z.object({ id: z.string() }),
      output: Address,
      status: 200,
      async run(context, { params }) {
        const provider = await sso.providers.get(params.id)
        const { url, setCookie } = await sso.beginTest(provider, context.caller)
        ;(context as SignInContext).setCookie(setCookie)
        return { url }
      },
    }),
    route({
      ...about,
      method: 'POST',
      path: '/api/v1/sso-tests/complete',
      operationId: 'completeSsoTest',
      summary:
        'End a test sign-in; your account is connected with the identity, and the provider may be enforced',
      needs: 'sso.write',
      audit: { action: 'sso_provider_tested', resourceType: 'sso_provider' },
      body: Answer,
      output: TestResult,
      status: 200,
      async run(context, { body }) {
        const { setCookie, cookie, caller } = context as SignInContext
        const { provider, claimed, mapped, clearCookie } = await sso.finishTest(answerOf(body), {
          cookies: cookie,
          from: fromOf(context),
          caller,
        })
        context.record({ resourceId: provider.id, after: { subject: claimed.subject, email: claimed.email } })
        setCookie(clearCookie)
        return {
          provider_id: provider.id,
          provider_name: provider.name,
          email: claimed.email ?? null,
          subject: claimed.subject,
          mapped: showMapped(mapped),
          claims: Object.entries(claimed.claims)
            .slice(0, 100)
            .map(([called, value]) => ({
              name: called.slice(0, 200),
              value: (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 500),
            })),
        }
      },
    }),
  ]
}

function fromOf({ requestId, ip, userAgent }: RequestContext) {
  return { requestId, ip, userAgent }
}

function showMapped({ groups, attributes }: Mapped) {
  return {
    groups: groups.map(({ value, groupId, groupName }) => ({
      value,
      group_id: groupId ?? null,
      group_name: groupName ?? null,
    })),
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, [...values]])),
  }
}

function answerOf({ error_description: errorDescription, ...answer }: z.output<typeof Answer>) {
  return { ...answer, errorDescription }
}

function chosen({ provider_id: providerId, email }: z.output<typeof Begin>) {
  if (providerId !== undefined && email === undefined) return { providerId }
  if (email !== undefined && providerId === undefined) return { email }
  const errors: FieldError[] = [
    { loc: 'body.provider_id', rule: 'one-of', msg: 'Send a provider_id, or an email.' },
  ]
  throw new GatewayError('invalid-field', 'body.provider_id: Send a provider_id, or an email.', { errors })
}
