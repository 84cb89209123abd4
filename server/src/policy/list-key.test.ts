import { expect, test } from 'vitest'
import type { Principal } from '../kernel/caller.ts'
import type { GroupId, PolicyId, ServerId, UserId } from '../kernel/ids.ts'
import type { RequestFacts } from './judge-condition.ts'
import { listKeyBy, makeEdition } from './keep-rules.ts'
import type { Rule } from './rule.ts'

const ann: Principal = {
  type: 'user',
  id: 'ann' as UserId,
  email: 'ann@example.com',
  roles: ['user'],
  groupIds: ['g-eng' as GroupId],
}
const facts: RequestFacts = { ip: '10.0.0.1', userAgent: 'a', clientName: 'a', timeMs: 1 }
const rule = (more: Partial<Rule>): Rule => ({
  id: 'rule-1' as PolicyId,
  effect: 'allow',
  description: '',
  enabled: true,
  expiresAtMs: undefined,
  principals: { type: 'everyone' },
  scope: { servers: ['github' as ServerId], tools: undefined, resources: undefined },
  conditions: [],
  ...more,
})
const keys = (rules: Rule[], other: Partial<RequestFacts>, as: Partial<Principal> = {}) => {
  const edition = makeEdition(rules)
  return [
    listKeyBy(edition, ann, { facts, revision: 1 }),
    listKeyBy(edition, { ...ann, ...as }, { facts: { ...facts, ...other }, revision: 1 }),
  ]
}

test('plain rules answer the same at any time and from anywhere', () => {
  const [one, other] = keys([rule({})], { ip: '10.9.9.9', timeMs: 99, clientName: 'b' })
  expect(one).toBeDefined()
  expect(other).toBe(one)
})

test('where a rule looks at the request, its facts are part of the key', () => {
  const conditions = [{ field: 'meta.request.ip', operator: 'eq' as const, value: '10.0.0.1' }]
  const [one, other] = keys([rule({ conditions })], { ip: '10.9.9.9' })
  expect(one).toBeDefined()
  expect(other).not.toBe(one)
})

test('where a rule looks at the time or ends, there is no key', () => {
  const conditions = [{ field: 'meta.time', operator: 'gt' as const, value: 5 }]
  expect(keys([rule({ conditions })], {})).toEqual([undefined, undefined])
  expect(keys([rule({ expiresAtMs: 5 })], {})).toEqual([undefined, undefined])
})

test('people, memberships and editions of the rules have keys of their own', () => {
  expect(new Set(keys([rule({})], {}, { id: 'bob' as UserId })).size).toBe(2)
  expect(new Set(keys([rule({})], {}, { groupIds: [] })).size).toBe(2)
  expect(new Set(keys([rule({})], {}, { roles: ['developer'] })).size).toBe(2)
  const edition = makeEdition([rule({})])
  expect(listKeyBy(edition, ann, { facts, revision: 1 })).not.toBe(
    listKeyBy(edition, ann, { facts, revision: 2 }),
  )
})
