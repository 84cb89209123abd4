import { inputCheck } from '../../server/src/control/check-input.ts'
import type { Caller } from '../../server/src/kernel/caller.ts'
import { GatewayError } from '../../server/src/kernel/errors.ts'
import { checkCapability } from '../../server/src/kernel/key-roles.ts'
import type { Route, SignInContext } from '../../server/src/kernel/route.ts'

/** `cookies`: what the browser sends, by name. */
export type Sent = {
  as?: Caller
  params?: object
  query?: object
  body?: unknown
  cookies?: Readonly<Record<string, string>>
}
/** `cookies`: what the operation set; `recorded`: what it added to its audit entry; `identified`: whose it is. */
export type Answered = {
  value: unknown
  cookies: string[]
  recorded: Record<string, unknown>
  identified: string[]
}

/** Runs one declared operation as the REST door would, without HTTP: permission, input check, run, output schema. */
export async function callRoute(
  routes: readonly Route[],
  operationId: string,
  sent: Sent = {},
): Promise<Answered> {
  const route = routes.find((one) => one.operationId === operationId)
  if (route === undefined) throw new Error(`no operation ${operationId}`)
  const { as } = sent
  if (route.needs !== 'public' && as === undefined) throw new GatewayError('unauthenticated', 'nobody')
  if (route.needs !== 'public')
    checkCapability(route, as as Caller, (sent.params as { id?: string } | undefined)?.id)
  const answered: Answered = { value: undefined, cookies: [], recorded: {}, identified: [] }
  const context = {
    caller: as as Caller,
    requestId: 'request',
    ip: '192.0.2.1',
    userAgent: 'test',
    signal: new AbortController().signal,
    record: (facts: object) => void Object.assign(answered.recorded, facts),
    cookie: (name: string) => sent.cookies?.[name],
    setCookie: (cookie: string) => void answered.cookies.push(cookie),
    identified: async ({ id }) => void answered.identified.push(id),
  } satisfies SignInContext
  const input = inputCheck(route)({ params: sent.params ?? {}, query: sent.query ?? {}, body: sent.body })
  answered.value = route.output.parse(await route.run(context, input))
  return answered
}

/** The fields and rules of a refusal, or its reason when it names none. */
export async function refusalOf(run: Promise<unknown>): Promise<string[] | string> {
  try {
    await run
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return error.errors?.map(({ loc, rule }) => `${loc} ${rule}`) ?? error.reason
  }
  return 'nothing was refused'
}
