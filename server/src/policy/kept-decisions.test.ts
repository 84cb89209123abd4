import { expect, test } from 'vitest'
import type { Principal } from '../kernel/caller.ts'
import type { Decision } from '../kernel/decision.ts'
import type { GroupId, PolicyId, ServerId, UserId } from '../kernel/ids.ts'
import { decideBy, makeEdition } from './keep-rules.ts'
import { KeptDecisions } from './kept-decisions.ts'
import type { Question } from './policy.ts'
import type { Rule } from './rule.ts'

const github = 'github' as ServerId
const group = 'g-eng' as GroupId
const ann: Principal = {
  type: 'user',
  id: 'ann' as UserId,
  email: 'ann@example.com',
  roles: ['user'],
  groupIds: [group],
}
const allow: Rule = {
  id: 'rule' as PolicyId,
  description: '',
  enabled: true,
  effect: 'allow',
  expiresAtMs: undefined,
  principals: { type: 'group', ids: [group] },
  scope: { servers: [github], tools: ['get_*'], resources: undefined },
  conditions: [],
}
const call = (name: string, timeMs = 0): Question => ({
  connector: { id: github, name: 'GitHub', auth: { type: 'none' }, skipInputValidation: false },
  kind: 'tool',
  name,
  phase: 'call',
  args: {},
  facts: { ip: '10.0.0.1', userAgent: '', clientName: undefined, timeMs },
})

test('a repeated call is the same decision, until the person leaves the group', () => {
  const edition = makeEdition([allow])
  const first = decideBy(edition, ann, call('get_file'))
  expect(first.effect).toBe('allow')
  expect(decideBy(edition, ann, call('get_file'))).toBe(first)
  expect(decideBy(edition, ann, call('put_file')).effect).toBe('deny')
  expect(decideBy(edition, { ...ann, groupIds: [] }, call('get_file')).effect).toBe('deny')
})

test('a rule that ends, or looks at the call, is asked each time', () => {
  const ends = makeEdition([{ ...allow, expiresAtMs: 1_000 }])
  expect([0, 2_000].map((timeMs) => decideBy(ends, ann, call('get_file', timeMs)).effect)).toEqual([
    'allow',
    'deny',
  ])
  const fromHere = makeEdition([
    { ...allow, conditions: [{ field: 'meta.request.ip', operator: 'eq', value: '10.0.0.1' }] },
  ])
  const elsewhere = { ...call('get_file'), facts: { ...call('').facts, ip: '10.0.0.2' } }
  expect([call('get_file'), elsewhere].map((asked) => decideBy(fromHere, ann, asked).effect)).toEqual([
    'allow',
    'deny',
  ])
})

test('however many tools are called, few decisions are kept', () => {
  const kept = new KeptDecisions()
  const decision: Decision = { effect: 'allow', rules: [], reason: '' }
  const names = Array.from({ length: 1_000 }, (_, at) => `tool_${at}`)
  for (const name of names) kept.keep(github, name, decision)
  expect(names.filter((name) => kept.get(github, name) !== undefined).length).toBeLessThanOrEqual(64)
  expect(kept.get(github, 'tool_999')).toBe(decision)
})
