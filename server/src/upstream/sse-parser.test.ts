import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SseParser } from './sse-parser.ts'

function read(chunks: readonly Uint8Array[], maxChars = 1000) {
  const events: [string, string][] = []
  const parser = new SseParser(maxChars, (event, data) => events.push([event, data]))
  for (const chunk of chunks) parser.feed(chunk)
  return { events, parser }
}

const stream =
  ':beat\r\nid: 7\nretry: 250\ndata: {"a":"ü€😀"}\n\nevent: endpoint\rdata:/x\r\rdata: one\r\ndata: two\r\ndata\r\n\r\nid\n\n'
const expected = [
  ['message', '{"a":"ü€😀"}'],
  ['endpoint', '/x'],
  ['message', 'one\ntwo\n'],
]

test('comments, ids, retry, several data lines and all three line ends are understood', () => {
  const { events, parser } = read([Buffer.from(stream)])
  expect(events).toEqual(expected)
  expect(parser.retryMs).toBe(250)
  expect(parser.lastEventId).toBe('')
})

test('wherever the bytes are cut, the events are the same', () => {
  const bytes = Buffer.from(stream)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 30 }), (cuts) => {
      const marks = [0, ...cuts.sort((a, b) => a - b), bytes.length]
      const chunks = marks.slice(1).map((mark, at) => bytes.subarray(marks[at], mark))
      expect(read(chunks).events).toEqual(expected)
    }),
  )
})

test('an id without data is remembered for a resume', () => {
  const { events, parser } = read([Buffer.from('id: 41\ndata: \n\nid: 42\n\n')])
  expect(parser.lastEventId).toBe('42')
  expect(events).toEqual([['message', '']])
})

test('T37 an endless line, an event of endless lines and an endless comment end at the limit', () => {
  const long = Buffer.alloc(600, 'x')
  const prefix = Buffer.from('data: ')
  expect(() => read([prefix, long, long])).toThrow('larger than')
  expect(() => read([Buffer.from(`data: ${'x'.repeat(600)}\ndata: ${'x'.repeat(600)}\n`)])).toThrow(
    'larger than',
  )
  expect(() => read([Buffer.from(':'), long, long])).toThrow('larger than')
})

test('many small events in one stream are not counted together', () => {
  const { events } = read(Array.from({ length: 100 }, () => Buffer.from(`data: ${'x'.repeat(100)}\n\n`)))
  expect(events).toHaveLength(100)
})

test('bytes that are not UTF-8 are refused', () => {
  expect(() => read([Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a])])).toThrow(TypeError)
})
