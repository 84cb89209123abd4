import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeSelfSigned } from './self-signed.ts'

test('the certificate is one to Node and to OpenSSL, signed by its own key, for as long as was said', async () => {
  const now = Date.UTC(2026, 10, 28, 12)
  const { key, certificate } = await makeSelfSigned({ commonName: 'gateway.acme.test', years: 10, now })
  const read = new X509Certificate(certificate)
  expect(read.subject).toBe('CN=gateway.acme.test')
  expect(read.verify(read.publicKey)).toBe(true)
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(read.validFromDate.getTime()).toBe(now)
  expect(Math.round((read.validToDate.getTime() - now) / 86_400_000)).toBe(3650)
  const folder = mkdtempSync(join(tmpdir(), 'runlayer-cert-'))
  try {
    writeFileSync(join(folder, 'cert.pem'), certificate)
    const words = ['verify', '-check_ss_sig', '-no_check_time', '-CAfile', 'cert.pem', 'cert.pem']
    expect(execFileSync('openssl', words, { cwd: folder, encoding: 'utf8' })).toContain('cert.pem: OK')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
