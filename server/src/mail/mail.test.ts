import { afterEach, beforeEach, expect, test } from 'vitest'
import { type MailServer, startMailServer } from '../../../test/fixtures/mail-server.ts'
import { quietLog } from '../../../test/support/stores.ts'
import { openMail } from './mail.ts'

let server: MailServer

beforeEach(async () => {
  server = await startMailServer()
})
afterEach(() => server.close())

const open = (url: string | undefined, waitMs = 2_000) =>
  openMail({
    url: url === undefined ? undefined : new URL(url),
    productName: 'Runlayer',
    publicUrl: new URL('https://gateway.acme.example'),
    log: quietLog,
    waitMs,
  })
const letter = { to: 'ann@acme.example', subject: 'Welcome', text: 'Hello\n.\nBye' }

test('a letter arrives as it was written, from the sender the address names', async () => {
  const mail = open(server.url)
  expect(await mail.send(letter)).toEqual({ state: 'sent' })
  expect(server.letters).toMatchObject([
    { from: 'runlayer@acme.example', to: ['ann@acme.example'], login: 'robot' },
  ])
  expect(server.letters[0]?.text).toContain('Subject: Welcome')
  expect(server.letters[0]?.text).toMatch(/Hello\n\.\.\nBye/)
  mail.close()
})

test('without an address nothing is sent', async () => {
  const mail = open(undefined)
  expect([mail.isOn, await mail.send(letter)]).toEqual([false, { state: 'off' }])
})

test.each([
  ['refuses', 'The mail server refused the letter. It answered 550.'],
  ['locked', 'The mail server does not accept the user and password of RUNLAYER_SMTP_URL. It answered 535.'],
] as const)('a server that %s is said in words, without any of its own', async (mood, why) => {
  const mail = open(server.url)
  server.mood = mood
  const said = await mail.send(letter)
  expect(said).toEqual({ state: 'failed', why })
  expect(JSON.stringify(said)).not.toContain('secret-word')
  mail.close()
})

test('a server that says nothing is waited for no longer than allowed, and one that is gone not at all', async () => {
  const mail = open(server.url, 300)
  server.mood = 'silent'
  const started = performance.now()
  expect(await mail.send(letter)).toMatchObject({ state: 'failed' })
  expect(performance.now() - started).toBeLessThan(1_500)
  mail.close()
  const gone = open('smtp://127.0.0.1:1')
  expect(await gone.send(letter)).toEqual({ state: 'failed', why: 'The mail server cannot be reached.' })
  gone.close()
})

test('what an address may not smuggle in: a second recipient or a header', async () => {
  const mail = open(server.url)
  await mail.send({ ...letter, to: 'ann@acme.example', subject: 'Hi\r\nBcc: eve@evil.example' })
  expect(server.letters[0]?.to).toEqual(['ann@acme.example'])
  expect(server.letters[0]?.text).not.toMatch(/^Bcc:/m)
  mail.close()
})
