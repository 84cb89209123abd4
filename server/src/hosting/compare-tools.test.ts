import { expect, test } from 'vitest'
import { compareTools } from './compare-tools.ts'

test('a new version is compared tool by tool; the order of members is no difference', () => {
  const before = [
    '{"name":"same","description":"a"}',
    '{"name":"changed","description":"a"}',
    '{"name":"gone"}',
  ]
  const after = [
    '{"description":"a","name":"same"}',
    '{"name":"new"}',
    '{"name":"changed","description":"b"}',
  ]
  expect(compareTools(before, after)).toEqual([
    { name: 'changed', change: 'changed', before: before[1], after: after[2] },
    { name: 'gone', change: 'removed', before: before[2], after: null },
    { name: 'new', change: 'added', before: null, after: after[1] },
  ])
})
