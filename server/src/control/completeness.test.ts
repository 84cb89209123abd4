import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { declaredRoutes } from '../../../tools/declared-routes.ts'
import { readConfig } from '../config/config.ts'
import { GatewayError } from '../kernel/errors.ts'
import { capabilities, type Route } from '../kernel/route.ts'
import { inputCheck } from './check-input.ts'
import { buildControl } from './control.ts'
import { openApiDocument } from './openapi.ts'

const routes = await declaredRoutes(join(import.meta.dirname, '..'))
const ofNouns = routes.filter((route) => route.tag !== 'Interface')

/** Public on purpose. Whoever adds one answers for it here. */
const publicOnPurpose = [
  'GET /.well-known/oauth-client.json',
  'GET /.well-known/oauth-client-with-key.json',
  'GET /api/v1/openapi.json',
  'GET /api/v1/sign-in',
  'GET /api/v1/utils/health-check/',
  'POST /api/v1/sessions',
  'POST /api/v1/sessions/single-sign-on',
  'POST /api/v1/sign-in/single-sign-on',
  'POST /api/v1/admin-recovery',
]

test('the declared operations were really seen', () => {
  expect(routes.length).toBeGreaterThan(20)
  expect(new Set(routes.map((route) => route.operationId)).size).toBe(routes.length)
  expect(new Set(routes.map((route) => `${route.method} ${route.path.replace(/\{\w+\}/g, '{}')}`)).size).toBe(
    routes.length,
  )
})

test('every operation says what it needs, and the public ones are on the short list', () => {
  const known = new Set([...Object.keys(capabilities), 'anyone', 'public'])
  expect(routes.filter((route) => !known.has(route.needs)).map((route) => route.operationId)).toEqual([])
  const open = routes
    .filter((route) => route.needs === 'public')
    .map((route) => `${route.method} ${route.path}`)
  expect(open.filter((route) => !publicOnPurpose.includes(route))).toEqual([])
})

test('every change says what audit calls it', () => {
  // These read: they ask a question whose text does not fit into an address, or must not stand in one.
  const asking = new Set(['simulatePolicy', 'tryTool', 'beginSingleSignOn'])
  const silent = routes.filter(
    (route) => route.method !== 'GET' && route.audit === undefined && !asking.has(route.operationId),
  )
  expect(silent.map((route) => route.operationId)).toEqual([])
  const wrong = routes.filter(
    (route) => route.audit !== undefined && !/^[a-z]+(_[a-z]+)+$/.test(route.audit.action),
  )
  expect(wrong.map((route) => route.audit?.action)).toEqual([])
})

test('every operation is documented, with security: [] on the public ones and on no other', () => {
  const document = openApiDocument(routes, { title: 'T', version: '1' }) as unknown as {
    paths: Record<string, Record<string, { operationId: string; summary: string; security?: unknown[] }>>
  }
  for (const route of routes) {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()]
    expect([route.operationId, operation?.operationId, (operation?.summary ?? '') !== '']).toEqual([
      route.operationId,
      route.operationId,
      true,
    ])
    expect([route.operationId, operation?.security]).toEqual([
      route.operationId,
      route.needs === 'public' ? [] : undefined,
    ])
  }
})

test('every placeholder of a path has its parameter', () => {
  for (const route of routes) {
    const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    expect([route.operationId, Object.keys(route.params?.shape ?? {})]).toEqual([route.operationId, named])
  }
})

/** A value the schema refuses, if there is one: what has no wrong value cannot be wrong. */
function wrongValueFor(schema: z.ZodType): { value: unknown } | undefined {
  const candidates: unknown[] = [{ unexpected: true }, [[]], 1.5, true, '\u0000', null, 'not one of them']
  const value = candidates.find((candidate) => !schema.safeParse(candidate).success)
  return value === undefined ? undefined : { value }
}

function errorsOf(route: Route, raw: { query?: unknown; body?: unknown }): string[] {
  try {
    // The path is right here: only the fields are under test.
    inputCheck({ ...route, params: z.object({}) })({ params: {}, query: raw.query ?? {}, body: raw.body })
    return []
  } catch (thrown) {
    return thrown instanceof GatewayError && thrown.reason === 'invalid-field'
      ? (thrown.errors ?? []).map(({ loc }) => loc)
      : [String(thrown)]
  }
}

test('each field of each body and query, wrong once, is named', () => {
  let judged = 0
  for (const route of ofNouns) {
    const places = [
      ['query', route.query],
      ['body', route.body instanceof z.ZodObject ? route.body : undefined],
    ] as const
    for (const [place, schema] of places) {
      for (const [field, rule] of Object.entries(schema?.shape ?? {})) {
        const wrong = wrongValueFor(rule as z.ZodType)
        if (wrong === undefined) continue
        judged += 1
        const locs = errorsOf(
          route,
          place === 'query'
            ? { query: { [field]: wrong.value }, body: {} }
            : { body: { [field]: wrong.value } },
        )
        const isNamed = locs.some(
          (loc) => loc === `${place}.${field}` || loc.startsWith(`${place}.${field}.`),
        )
        expect([route.operationId, field, isNamed, isNamed ? '' : locs]).toEqual([
          route.operationId,
          field,
          true,
          '',
        ])
      }
    }
  }
  expect(judged).toBeGreaterThan(40)
})

test('thirty bad credentials are 401 on every operation that is not public, before anything else is looked at', async () => {
  const refused = () => {
    throw new GatewayError('unauthenticated', 'The credential is not valid.')
  }
  const silent = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  }
  const control = await buildControl({
    routes: ofNouns,
    identity: { authenticate: refused, csrfTokenOf: () => '' },
    journal: { open: () => Promise.reject(new Error('nothing is recorded for nobody')) },
    config: readConfig({}, '1.0.0'),
    log: silent,
    bus: { ensureFresh: () => undefined },
  })
  const server = createServer((request, response) => control.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const values = [
    'x',
    'rl_',
    'rl_0',
    `rl_${'0'.repeat(40)}`,
    'null',
    '[object Object]',
    "' or '1'='1",
    '../../etc',
    'eyJhbGciOiJub25lIn0.e30.',
    'a'.repeat(5000),
  ]
  const bad = values.flatMap((value) => [
    { authorization: `Bearer ${value}` },
    { 'x-runlayer-api-key': value },
    { cookie: `runlayer=${encodeURIComponent(value)}` },
  ])
  try {
    expect(bad).toHaveLength(30)
    for (const route of control.routes.filter((one) => one.needs !== 'public')) {
      const statuses = await Promise.all(
        bad.map(async (headers) => {
          const body = route.method === 'GET' ? {} : { body: '{ not json' }
          const response = await fetch(`${base}${route.path.replace(/\{\w+\}/g, 'x')}?unknown=1`, {
            method: route.method,
            headers: headers as unknown as Record<string, string>,
            ...body,
          })
          await response.arrayBuffer()
          return response.status
        }),
      )
      expect([route.operationId, new Set(statuses)]).toEqual([route.operationId, new Set([401])])
    }
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await control.close()
  }
})
