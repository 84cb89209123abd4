import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { Caller } from '../kernel/caller.ts'
import type { Actor, Journal } from '../kernel/entry.ts'
import { GatewayError } from '../kernel/errors.ts'
import { checkCapability } from '../kernel/key-roles.ts'
import type { Route, SignInContext } from '../kernel/route.ts'
import { readCookie } from '../lib/read-cookie.ts'
import { type Admission, admitCaller } from './admit-request.ts'
import { auditChange, auditSignIn, type Recorded } from './audit-change.ts'
import { type CheckedInput, inputCheck } from './check-input.ts'
import type { RestMetrics } from './measure.ts'
import type { FactsOf } from './request-facts.ts'

export type MountParts = {
  admission: Admission
  journal: Journal
  metrics: RestMetrics
  factsOf: FactsOf
}

/** Mounts every operation, and for each path an answer to the methods it does not offer (405 with Allow). */
export function mountRoutes(app: FastifyInstance, routes: readonly Route[], parts: MountParts): void {
  const callers = new WeakMap<FastifyRequest, Caller>()
  for (const route of routes) mountRoute(app, route, parts, callers)
  const paths = Map.groupBy(routes, (route) => route.path)
  for (const [path, offered] of paths) mountOtherMethods(app, path, offered, parts)
}

function mountRoute(
  app: FastifyInstance,
  route: Route,
  parts: MountParts,
  callers: WeakMap<FastifyRequest, Caller>,
): void {
  const check = inputCheck(route)
  app.route({
    method: route.method,
    url: fastifyPath(route.path),
    config: { operationId: route.operationId },
    // Before the body is read: a bad credential is 401 whatever else is wrong (contract.md §4).
    onRequest: async (request) => {
      if (route.needs === 'public') return parts.admission.hosts.check(request.headers)
      const caller = await admit(parts, request)
      await checkAllowed(route, caller, request, parts)
      callers.set(request, caller)
    },
    handler: async (request, reply) => {
      const input = check({ params: request.params, query: request.query, body: request.body })
      const value = await runRoute({ route, caller: callers.get(request), input, request, reply, parts })
      return answer({ route, request, reply }, value)
    },
  })
}

async function admit(parts: MountParts, request: FastifyRequest): Promise<Caller> {
  try {
    return await admitCaller(parts.admission, {
      method: request.method,
      url: request.url,
      headers: request.headers,
      ip: parts.factsOf(request.raw).ip,
    })
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.status === 401) parts.metrics.refusedCredential()
    throw thrown
  }
}

/** A change somebody tried without the right to it is evidence: it gets its own entry, closed as denied. */
async function checkAllowed(
  route: Route,
  caller: Caller,
  request: FastifyRequest,
  parts: MountParts,
): Promise<void> {
  const judge = async () => checkCapability(route, caller, idOf(request))
  if (route.audit === undefined) return judge()
  try {
    await judge()
  } catch (refusal) {
    await auditChange(
      parts.journal,
      changeOf({ route, audit: route.audit, caller, request, parts, recorded: {} }),
      async () => {
        throw refusal
      },
    )
  }
}

type Run = {
  route: Route
  caller: Caller | undefined
  input: CheckedInput
  request: FastifyRequest
  reply: FastifyReply
  parts: MountParts
}

async function runRoute({ route, caller, input, request, reply, parts }: Run): Promise<unknown> {
  const recorded: Recorded = {}
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  const facts = parts.factsOf(request.raw)
  let open: ((actor: Actor) => Promise<void>) | undefined
  const context: SignInContext = {
    get caller(): Caller {
      if (caller === undefined) throw new Error(`${route.operationId} is public and has no caller`)
      return caller
    },
    requestId: facts.requestId,
    ip: facts.ip,
    userAgent: facts.userAgent,
    signal: gone.signal,
    record: (more) => Object.assign(recorded, more),
    cookie: (name) => readCookie(request.headers.cookie, name),
    setCookie: (cookie) => void reply.header('set-cookie', cookie),
    identified: async ({ id, email }) => open?.({ type: 'user', id, email }),
  }
  const run = () => route.run(context, input)
  if (route.audit === undefined) return run()
  const change = changeOf({ route, audit: route.audit, caller, request, parts, recorded })
  if (caller !== undefined) return auditChange(parts.journal, change, run)
  return auditSignIn(parts.journal, change, (identified) => {
    open = identified
    return run()
  })
}

type ChangeFacts = {
  route: Route
  audit: NonNullable<Route['audit']>
  caller: Caller | undefined
  request: FastifyRequest
  parts: MountParts
  recorded: Recorded
}

function changeOf({ route, audit, caller, request, parts, recorded }: ChangeFacts) {
  const facts = parts.factsOf(request.raw)
  const id = idOf(request)
  return {
    route: { operationId: route.operationId, audit },
    caller,
    requestId: facts.requestId,
    correlationId: facts.correlationId,
    ip: facts.ip,
    userAgent: facts.userAgent,
    resourceId: id?.slice(0, 200),
    recorded,
  }
}

function idOf(request: FastifyRequest): string | undefined {
  const { id } = request.params as { id?: unknown }
  return typeof id === 'string' ? id : undefined
}

/** What leaves is exactly the declared shape: a field nobody declared, a secret among them, is dropped here. */
function answer(
  { route, request, reply }: Pick<Run, 'route' | 'request' | 'reply'>,
  value: unknown,
): FastifyReply {
  reply.code(route.status).header('cache-control', 'no-store')
  if (route.status === 204) return reply.send()
  const shaped: unknown = route.output.parse(value)
  if (typeof shaped === 'string') return sendFile({ route, request, reply }, shaped)
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(shaped))
}

const fileTypes: Readonly<Record<string, string>> = {
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  csv: 'text/csv',
}

/** An operation whose answer is one text makes a file of the kind its `format` names. Browsers save it, never show it. */
function sendFile(
  { route, request, reply }: Pick<Run, 'route' | 'request' | 'reply'>,
  text: string,
): FastifyReply {
  const asked = String((request.query as { format?: unknown }).format ?? 'json')
  const format = Object.hasOwn(fileTypes, asked) ? asked : 'json'
  return reply
    .header('content-disposition', `attachment; filename="${route.operationId}.${format}"`)
    .type(`${fileTypes[format]}; charset=utf-8`)
    .send(text)
}

const everyMethod: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

function mountOtherMethods(
  app: FastifyInstance,
  path: string,
  offered: readonly Route[],
  parts: MountParts,
): void {
  const allow = everyMethod.filter((method) =>
    offered.some((route) => route.method === method || (method === 'HEAD' && route.method === 'GET')),
  )
  const isPublic = offered.every((route) => route.needs === 'public')
  app.route({
    method: everyMethod.filter((method) => !allow.includes(method)),
    url: fastifyPath(path),
    config: { operationId: 'unknown' },
    onRequest: async (request) => {
      if (isPublic) parts.admission.hosts.check(request.headers)
      else await admit(parts, request)
      throw new GatewayError('method-not-allowed', `This path answers ${allow.join(', ')}.`, {
        data: { allow },
      })
    },
    handler: async () => undefined,
  })
}

/** Every /api path nobody declared: 401 without a credential, so that the list of paths cannot be probed, else 404. */
export function refuseUnknownPaths(app: FastifyInstance, parts: MountParts): void {
  app.route({
    method: [...everyMethod],
    url: '/api/*',
    config: { operationId: 'unknown' },
    onRequest: async (request) => {
      await admit(parts, request)
      throw new GatewayError('not-found', 'There is no such path in this interface.')
    },
    handler: async () => undefined,
  })
}

/** /users/{id} → /users/:id */
function fastifyPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}
