import { expect, test } from 'vitest'
import { addressGuard } from './network.ts'

const closed = addressGuard([])

test('T11 public addresses may be reached', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])
    expect(closed.allows(address), address).toBe(true)
})

test('T11 private, link-local, metadata, mapped, translated and reserved addresses are refused', () => {
  const refused = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'not an address',
    '',
  ]
  for (const address of refused) expect(closed.allows(address), address).toBe(false)
})

test('an allowed network opens exactly itself, also when written as a mapped address', () => {
  const guard = addressGuard(['127.0.0.0/8', 'fd12::/16', '10.0.0.7'])
  for (const address of ['127.0.0.1', '::ffff:127.9.9.9', 'fd12::5', '10.0.0.7'])
    expect(guard.allows(address), address).toBe(true)
  for (const address of ['10.0.0.8', '::1', 'fd13::5']) expect(guard.allows(address), address).toBe(false)
})

test('T11 odd spellings of a loopback host are refused once the URL parser has read them', () => {
  for (const host of ['2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::ffff:7f00:1]', '[::]']) {
    expect(() => closed.refuseLiteral(new URL(`http://${host}/`).hostname), host).toThrow(
      'not a public address',
    )
  }
  expect(() => closed.refuseLiteral('example.com')).not.toThrow()
})

function lookup(guard: ReturnType<typeof addressGuard>, host: string): Promise<unknown> {
  return new Promise((done) => guard.lookup(host, { all: true }, (error, found) => done(error ?? found)))
}

test('T11 a name is connected only to those of its addresses that may be reached', async () => {
  const answers = [
    { address: '10.0.0.1', family: 4 },
    { address: '8.8.4.4', family: 4 },
  ]
  const guard = addressGuard([], (_host, done) => done(null, answers))
  expect(await lookup(guard, 'rebinding.example')).toEqual([answers[1]])
})

test('T11 a name with nothing but private addresses is refused', async () => {
  const guard = addressGuard([], (_host, done) => done(null, [{ address: '169.254.169.254', family: 4 }]))
  expect(await lookup(guard, 'metadata.example')).toMatchObject({ reason: 'address-refused' })
  await expect(guard.check(new URL('http://metadata.example/'))).rejects.toMatchObject({
    reason: 'address-refused',
  })
})

test('check refuses literals and schemes that are not http', async () => {
  await expect(closed.check(new URL('http://[::1]:80/'))).rejects.toMatchObject({ reason: 'address-refused' })
  await expect(closed.check(new URL('file:///etc/passwd'))).rejects.toMatchObject({
    reason: 'address-refused',
  })
  await expect(closed.check(new URL('https://8.8.8.8/'))).resolves.toBeUndefined()
})
