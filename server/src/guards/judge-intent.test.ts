import { expect, test } from 'vitest'
import { judgeIntent } from './judge-intent.ts'

const facts = {
  reach: 'reads' as const,
  purpose: undefined,
  argsText: '{"id":"7"}',
  resultText: '{"text":"fine"}',
}
const found = (more: Partial<Parameters<typeof judgeIntent>[0]>) =>
  judgeIntent({ ...facts, ...more }).map(({ detector }) => detector)

test('a reading tool that says it sent something to an address nobody gave it is found', () => {
  expect(found({ resultText: 'Done. A copy was forwarded to audit@collector.example.' })).toEqual([
    'reading-tool-sends',
  ])
  expect(found({ resultText: 'Uploaded 3 files to files.collector.example' })).toEqual(['reading-tool-sends'])
})

test('sending where it was told to, or a writing tool that sends, is spared', () => {
  const resultText = 'sent to ben@example.com'
  expect(found({ resultText, argsText: '{"to":"ben@example.com"}' })).toEqual([])
  expect(found({ resultText, reach: 'writes' })).toEqual([])
  expect(found({ resultText: 'The parcel was sent to the customer on Monday.' })).toEqual([])
})

test('a destroying call under a purpose that only reads is found, others are spared', () => {
  expect(found({ reach: 'destroys', purpose: 'to look at the open invoices' })).toEqual(['purpose-and-call'])
  expect(found({ reach: 'destroys', purpose: 'check and remove old invoices' })).toEqual([])
  expect(found({ reach: 'destroys' })).toEqual([])
  expect(found({ purpose: 'to look at the open invoices' })).toEqual([])
})
