import type { z } from 'zod'
import type { Caller, Role } from './caller.ts'
import type { UserId } from './ids.ts'

/** What a role may do on REST (product.md §20). Policies, not these, decide about tool calls. */
export const capabilities = {
  'people.read': ['super_admin', 'security_admin', 'it_admin', 'helpdesk'],
  'people.write': ['super_admin', 'it_admin'],
  'roles.write': ['super_admin'],
  'connectors.read': ['super_admin', 'security_admin', 'it_admin', 'developer', 'helpdesk'],
  'connectors.write': ['super_admin', 'it_admin'],
  'drafts.read': ['super_admin', 'it_admin'],
  'tools.review': ['super_admin', 'security_admin'],
  'policies.read': ['super_admin', 'security_admin', 'it_admin', 'helpdesk'],
  'policies.write': ['super_admin', 'security_admin', 'it_admin'],
  'keys.manage': ['super_admin', 'it_admin'],
  'organization_keys.read': ['super_admin', 'security_admin', 'it_admin'],
  'organization_keys.write': ['super_admin', 'it_admin'],
  'deploy_keys.write': ['super_admin', 'it_admin', 'developer'],
  'agent_accounts.read': ['super_admin', 'security_admin', 'it_admin', 'developer'],
  'agent_accounts.write': ['super_admin', 'it_admin', 'developer'],
  'requests.read': ['super_admin', 'security_admin', 'it_admin', 'helpdesk'],
  'requests.decide': ['super_admin', 'security_admin', 'it_admin'],
  'audit.read': ['super_admin', 'security_admin', 'it_admin', 'analytics_admin', 'helpdesk'],
  'audit.bodies': ['super_admin', 'security_admin'],
  'directory.read': ['super_admin', 'security_admin', 'it_admin'],
  'directory.write': ['super_admin'],
  'sso.read': ['super_admin', 'security_admin', 'it_admin'],
  'sso.write': ['super_admin'],
  'system.manage': ['super_admin'],
} as const satisfies Record<string, readonly Role[]>
export type Capability = keyof typeof capabilities

export function can(caller: Pick<Caller, 'roles'>, capability: Capability): boolean {
  const holders: readonly Role[] = capabilities[capability]
  return caller.roles.some((role) => holders.includes(role))
}

/** What a handler learns about the request besides its validated input. */
export type RequestContext = {
  caller: Caller
  requestId: string
  ip: string
  userAgent: string
  signal: AbortSignal
  /** Adds to the audit entry that wraps every change: the thing changed, and its state before and after (no secrets). */
  record(facts: { resourceId?: string; before?: unknown; after?: unknown }): void
}

/** What signing in also gets. The REST door offers it to all; nothing else has a use for it. */
export type SignInContext = RequestContext & {
  /** A cookie the browser sent. */
  cookie(name: string): string | undefined
  setCookie(cookie: string): void
  /** Who makes this change. Opens its audit entry, so it comes before anything is changed. */
  identified(who: { id: UserId; email: string }): Promise<void>
}

type Shape = z.ZodObject

export type RouteInput<P, Q, B> = { params: P; query: Q; body: B }

/**
 * One REST operation. OpenAPI, the typed client, validation and the permission check are all made from this declaration.
 * `needs`: a capability, `anyone` signed in, or `public`. Changes (every method but GET) must say what audit calls them.
 */
export type Route = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** OpenAPI form: /api/v1/users/{id} */
  path: `/${string}`
  operationId: string
  summary: string
  tag: string
  needs: Capability | 'anyone' | 'public'
  audit?: { action: string; resourceType: string }
  params?: Shape
  query?: Shape
  body?: z.ZodType
  /** Response schema; give schemas `.meta({ id: 'Connector' })` so that OpenAPI and the client name them. */
  output: z.ZodType
  status: 200 | 201 | 202 | 204
  run(context: RequestContext, input: RouteInput<never, never, never>): Promise<unknown>
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined

/** Declares a route with its input and output inferred from the schemas. */
export function route<
  P extends Shape | undefined,
  Q extends Shape | undefined,
  B extends z.ZodType | undefined,
  O extends z.ZodType,
>(
  declaration: Omit<Route, 'params' | 'query' | 'body' | 'output' | 'run'> & {
    params?: P
    query?: Q
    body?: B
    output: O
    run(context: RequestContext, input: RouteInput<Parsed<P>, Parsed<Q>, Parsed<B>>): Promise<z.input<O>>
  },
): Route {
  return declaration as unknown as Route
}
