import { z } from 'zod'
import type { JsonObject } from '../kernel/json.ts'
import { type Reason, reasons } from '../kernel/reasons.ts'
import type { Route } from '../kernel/route.ts'
import { type SchemaComponents, schemaComponents } from './schema-components.ts'

/** problem+json of every refusal (RFC 9457 with the product's own members). */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    errors: z.array(z.object({ loc: z.string(), rule: z.string(), msg: z.string() })).optional(),
    request_id: z.string(),
    fault: z.enum(['client', 'policy', 'gateway', 'upstream']),
    next: z.string(),
  })
  .meta({ id: 'Problem' })

/** The OpenAPI 3.1 document of `routes`. Only public operations are marked `security: []`. */
export function openApiDocument(
  routes: readonly Route[],
  product: { title: string; version: string; serverUrl?: string },
): JsonObject {
  const components = schemaComponents()
  components.of(Problem, 'output')
  for (const route of routes) components.of(route.output, 'output')
  const paths: Record<string, JsonObject> = {}
  for (const route of [...routes].sort(byPathThenMethod)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, components) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `${product.title} API`,
      version: product.version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    ...(product.serverUrl === undefined ? {} : { servers: [{ url: product.serverUrl }] }),
    tags: [...new Set(routes.map((route) => route.tag))].sort().map((name) => ({ name })),
    security: [{ bearer: [] }, { apiKey: [] }, { session: [] }],
    paths,
    components: {
      schemas: Object.fromEntries([...components.all].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key (rl_…) or an access token.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-runlayer-api-key' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: product.serverUrl?.startsWith('https:') === true ? '__Host-runlayer' : 'runlayer',
          description: 'The console. Changes also need the header x-csrf-token.',
        },
      },
    },
  }
}

const methodOrder = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

function byPathThenMethod(a: Route, b: Route): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1
  return methodOrder.indexOf(a.method) - methodOrder.indexOf(b.method)
}

function operation(route: Route, components: SchemaComponents): JsonObject {
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: needsText(route),
    tags: [route.tag],
    ...(route.needs === 'public' ? { security: [] } : {}),
    parameters: [...parameters(route, 'path', components), ...parameters(route, 'query', components)],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: components.of(route.body, 'input') } },
          },
        }),
    responses: { [String(route.status)]: success(route, components), ...refusals(route) },
  }
}

function needsText(route: Route): string {
  if (route.needs === 'public') return 'Needs no credential.'
  return route.needs === 'anyone' ? 'Needs any valid credential.' : `Needs the capability ${route.needs}.`
}

function success(route: Route, components: SchemaComponents): JsonObject {
  if (route.status === 204) return { description: 'Done.' }
  const schema = components.of(route.output, 'output')
  if (schema['type'] !== 'string')
    return { description: 'Done.', content: { 'application/json': { schema } } }
  const file = { schema: { type: 'string' } }
  return {
    description: 'A file.',
    content: { 'application/json': file, 'application/x-ndjson': file, 'text/csv': file },
  }
}

function parameters(route: Route, place: 'path' | 'query', components: SchemaComponents): JsonObject[] {
  const shape = place === 'path' ? route.params : route.query
  if (shape === undefined) return []
  const schema = components.of(shape, 'input') as {
    properties?: Record<string, JsonObject>
    required?: string[]
  }
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (schema.required ?? []).includes(name),
    schema: property,
  }))
}

function refusals(route: Route): JsonObject {
  const met: Reason[] = []
  if (route.needs !== 'public') met.push('unauthenticated')
  if (route.needs !== 'public' || route.method !== 'GET') met.push('not-allowed')
  if (route.params !== undefined) met.push('not-found')
  if (route.body !== undefined) met.push('unreadable-json', 'body-too-large', 'unsupported-media')
  if (route.body !== undefined || route.query !== undefined) met.push('invalid-field')
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  const answers = met.map(
    (reason) =>
      [String(reasons[reason].status), { description: reasons[reason].title, content: problem }] as const,
  )
  return { ...Object.fromEntries(answers), default: { description: 'Any other refusal.', content: problem } }
}
