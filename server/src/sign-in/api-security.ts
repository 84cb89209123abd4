import { z } from 'zod'
import { GatewayError } from '../kernel/errors.ts'
import { isUuid } from '../kernel/ids.ts'
import { type RequestContext, type Route, route } from '../kernel/route.ts'
import { ownIdentityRoutes } from './api-identities.ts'
import { mostCharacters } from './check-password.ts'
import type { SignIn } from './sign-in.ts'
import type { Passkey } from './store.ts'

const PasskeyDocument = z
  .object({
    id: z.string(),
    name: z.string(),
    created_at: z.string(),
    last_used_at: z.string().nullable(),
  })
  .meta({ id: 'Passkey' })
const Security = z
  .object({
    password_changed_at: z.string().nullable().describe('null: no password is set.'),
    totp: z.boolean().describe('A code is asked for after the password.'),
    recovery_codes_left: z.number(),
    passkeys: z.array(PasskeyDocument),
    passkeys_offered: z.boolean(),
  })
  .meta({ id: 'AccountSecurity' })
const NewPassword = z
  .strictObject({
    password: z.string().min(1).max(1000).describe(`12 to ${mostCharacters} characters.`),
    current_password: z.string().min(1).max(1000).optional().describe('Needed when you signed in with it.'),
  })
  .meta({ id: 'NewPassword' })
const TotpDraft = z.object({ secret: z.string(), uri: z.string() }).meta({ id: 'TotpDraft' })
const Code = z.strictObject({ code: z.string().min(1).max(40) }).meta({ id: 'TotpCode' })
const RecoveryCodes = z
  .object({ recovery_codes: z.array(z.string()).describe('Shown this once. Each works once.') })
  .meta({ id: 'RecoveryCodes' })
const Question = z
  .object({ state: z.string(), options: z.record(z.string(), z.unknown()) })
  .meta({ id: 'PasskeyQuestion' })
const NewPasskey = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .regex(/^\P{Cc}*$/u, 'must have no control characters'),
    state: z.string().min(1).max(500),
    response: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'NewPasskey' })
const Params = z.object({ id: z.string() })

const about = { tag: 'Account security', needs: 'anyone' } as const
const base = '/api/v1/users/me'

type Parts = { signIn: SignIn }

/** How a person signs in, changed by that person alone and only shortly after signing in. */
export function securityRoutes(parts: Parts): Route[] {
  return [
    ...passwordRoutes(parts),
    ...codeRoutes(parts),
    ...passkeyRoutes(parts),
    ...ownIdentityRoutes(parts),
  ]
}

function passwordRoutes({ signIn }: Parts): Route[] {
  return [
    route({
      ...about,
      method: 'GET',
      path: `${base}/security`,
      operationId: 'getAccountSecurity',
      summary: 'The ways you can sign in',
      output: Security,
      status: 200,
      async run({ caller: { id } }) {
        return {
          password_changed_at: (await signIn.passwordChangedAt(id))?.toISOString() ?? null,
          totp: await signIn.secondFactor.isOn(id),
          recovery_codes_left: await signIn.secondFactor.codesLeft(id),
          passkeys: (await signIn.passkeys.list(id)).map(show),
          passkeys_offered: signIn.passkeys.isOffered,
        }
      },
    }),
    route({
      ...about,
      method: 'PUT',
      path: `${base}/password`,
      operationId: 'setPassword',
      summary: 'Sets your password and signs you out everywhere else',
      audit: { action: 'password_changed', resourceType: 'user' },
      body: NewPassword,
      output: z.undefined(),
      status: 204,
      async run(context, { body }) {
        context.record({ resourceId: context.caller.id })
        const given = { password: body.password, current: body.current_password }
        await signIn.setPassword(context.caller, given, context.ip)
        return undefined
      },
    }),
  ]
}

function codeRoutes({ signIn }: Parts): Route[] {
  const { secondFactor } = signIn
  const recent = async (context: RequestContext) => {
    context.record({ resourceId: context.caller.id })
    await signIn.checkRecent(context.caller)
  }
  return [
    route({
      ...about,
      method: 'POST',
      path: `${base}/totp`,
      operationId: 'draftTotp',
      summary: 'A new secret for an authenticator app; codes are asked for once one was confirmed',
      audit: { action: 'totp_drafted', resourceType: 'user' },
      output: TotpDraft,
      status: 201,
      async run(context) {
        await recent(context)
        return secondFactor.draft(context.caller)
      },
    }),
    route({
      ...about,
      method: 'POST',
      path: `${base}/totp/confirm`,
      operationId: 'confirmTotp',
      summary: 'Proves that the app works; from then on a code is asked for after the password',
      audit: { action: 'totp_enabled', resourceType: 'user' },
      body: Code,
      output: RecoveryCodes,
      status: 200,
      async run(context, { body }) {
        await recent(context)
        return { recovery_codes: await secondFactor.confirm(context.caller.id, body.code) }
      },
    }),
    route({
      ...about,
      method: 'POST',
      path: `${base}/recovery-codes`,
      operationId: 'renewRecoveryCodes',
      summary: 'New recovery codes; the old ones stop working',
      audit: { action: 'recovery_codes_renewed', resourceType: 'user' },
      output: RecoveryCodes,
      status: 200,
      async run(context) {
        await recent(context)
        return { recovery_codes: await secondFactor.renewCodes(context.caller.id) }
      },
    }),
    route({
      ...about,
      method: 'DELETE',
      path: `${base}/totp`,
      operationId: 'disableTotp',
      summary: 'No code is asked for any more; recovery codes go too',
      audit: { action: 'totp_disabled', resourceType: 'user' },
      output: z.undefined(),
      status: 204,
      async run(context) {
        await recent(context)
        if (!(await secondFactor.turnOff(context.caller.id)))
          throw new GatewayError('not-found', 'You have no authenticator app set up.')
        return undefined
      },
    }),
  ]
}

function passkeyRoutes({ signIn }: Parts): Route[] {
  const { passkeys } = signIn
  return [
    route({
      ...about,
      method: 'GET',
      path: `${base}/passkey-question`,
      operationId: 'getPasskeyQuestion',
      summary: 'What the browser needs to make a passkey for you',
      output: Question,
      status: 200,
      run: async ({ caller }) => passkeys.questionToAdd(caller),
    }),
    route({
      ...about,
      method: 'POST',
      path: `${base}/passkeys`,
      operationId: 'createPasskey',
      summary: 'Adds the passkey that the browser made',
      audit: { action: 'passkey_created', resourceType: 'passkey' },
      body: NewPasskey,
      output: PasskeyDocument,
      status: 201,
      async run(context, { body: { name, state, response } }) {
        await signIn.checkRecent(context.caller)
        const made = show(await passkeys.add(context.caller, name, { state, response }))
        context.record({ resourceId: made.id, after: made })
        return made
      },
    }),
    route({
      ...about,
      method: 'DELETE',
      path: `${base}/passkeys/{id}`,
      operationId: 'deletePasskey',
      summary: 'Removes one of your passkeys',
      audit: { action: 'passkey_deleted', resourceType: 'passkey' },
      params: Params,
      output: z.undefined(),
      status: 204,
      async run(context, { params }) {
        await signIn.checkRecent(context.caller)
        const { id } = context.caller
        if (!isUuid(params.id) || !(await passkeys.remove(id, params.id)))
          throw new GatewayError('not-found', 'You have no passkey with this id.')
        return undefined
      },
    }),
  ]
}

function show(passkey: Passkey) {
  return {
    id: passkey.id,
    name: passkey.name,
    created_at: passkey.createdAt.toISOString(),
    last_used_at: passkey.lastUsedAt?.toISOString() ?? null,
  }
}
