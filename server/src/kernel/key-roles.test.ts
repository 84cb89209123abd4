import { join } from 'node:path'
import { expect, test } from 'vitest'
import { declaredRoutes } from '../../../tools/declared-routes.ts'
import type { Caller } from './caller.ts'
import { checkCapability, type KeyRole, keyOperations } from './key-roles.ts'
import { forbiddenPair, roleMatrix } from './role-matrix.ts'

const routes = await declaredRoutes(join(import.meta.dirname, '..'))

function opens(role: KeyRole, roles: Caller['roles'] = []): string[] {
  const caller = { roles, proof: { kind: 'organization_key', id: 'k', role } } as unknown as Caller
  return routes
    .filter((route) => route.needs !== 'public')
    .filter((route) => {
      try {
        checkCapability(route, caller)
        return true
      } catch {
        return false
      }
    })
    .map((route) => route.operationId)
}

test('every operation named for keys exists', () => {
  const named = new Set(Object.values(keyOperations).flat())
  const declared = new Set(routes.map((route) => route.operationId))
  // The list of roles is declared by identity, the rest by their nouns.
  expect([...named].filter((one) => !declared.has(one))).toEqual([])
})

test('of all operations a Security Scan key opens the scans alone', () => {
  expect(opens('security_scan').sort()).toEqual(['scanContent', 'scanContents'])
})

test('a management key of the role user opens no more than what is named; none opens a way to become a person', () => {
  expect(opens('management', ['user']).sort()).toEqual([...keyOperations.management].sort())
  const all = opens('management', ['super_admin'])
  expect(all).toContain('createServer')
  for (const own of [
    'createSignInLink',
    'createApiKey',
    'getMe',
    'setPassword',
    'tryTool',
    'putConnection',
    'createSsoProvider',
    'createTrustedIssuer',
  ])
    expect(all).not.toContain(own)
})

test('the matrix is the table that is enforced, and pairs are named on both sides', () => {
  const matrix = new Map(roleMatrix().map((row) => [row.role, row]))
  expect(matrix.get('helpdesk')?.capabilities).toContain('people.read')
  expect(matrix.get('helpdesk')?.capabilities).not.toContain('people.write')
  expect(matrix.get('user')?.capabilities).toEqual([])
  expect(matrix.get('it_admin')?.not_with).toEqual(['security_admin'])
  expect(matrix.get('security_admin')?.not_with).toEqual(['it_admin', 'developer'])
  expect(forbiddenPair(['it_admin', 'developer'])).toBeUndefined()
  expect(forbiddenPair(['user', 'developer', 'security_admin'])).toEqual(['security_admin', 'developer'])
})
