import { expect, test } from 'vitest'
import { deviceName } from '../../web/src/lib/device-name.ts'
import { durationWords } from '../../web/src/lib/duration-words.ts'

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [4155, '4.2 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min 0 s'],
  [185_000, '3 min 5 s'],
])('%d ms reads as %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words)
})

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36',
    'Chrome on Linux',
  ],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0', 'Firefox on Mac'],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/149.0 Safari/537.36 Edg/149.0',
    'Edge on Windows',
  ],
  ['curl/8.14.1', 'curl/8.14.1'],
  [null, 'Unknown device'],
])('a browser is told by name and system: %s', (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name)
})
