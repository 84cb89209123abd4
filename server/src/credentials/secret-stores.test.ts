import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { awsFixture, type VaultFixture, vaultFixture } from '../../../test/fixtures/secret-stores.ts'
import type { SecretStoreSettings, VaultSettings } from '../config/secret-stores.ts'
import { openGuardedFetch } from '../lib/guarded-fetch.ts'
import { addressGuard } from '../lib/network.ts'
import { type SecretStores, secretStores } from './secret-stores.ts'
import { signAws } from './sign-aws.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function open(settings: Partial<SecretStoreSettings>, now = Date.now): SecretStores {
  const stores = secretStores({
    settings: { vault: undefined, aws: undefined, files: undefined, ...settings },
    fetch: openGuardedFetch({ guard: addressGuard(['127.0.0.0/8']) }),
    now,
  })
  ends.push(() => stores.close())
  return stores
}

describe('references', () => {
  test.each([
    'github-token',
    'vault:kv/data/github',
    'vault:kv/../sys/raw#x',
    'vault:kv//data#x',
    'vault:kv/data/a?list=true#x',
    'VAULT:kv/data/a#x',
    'http://vault/kv#x',
    'file:../etc/passwd',
    'file:/etc/passwd',
    'file:.hidden',
    'aws-sm:a b',
    'aws-sm:',
  ])('%s is no reference anybody is asked about', async (text) => {
    const all = open({
      vault: { url: 'http://127.0.0.1:1', namespace: undefined, login: { kind: 'token', token: 't' } },
      aws: {
        url: 'http://127.0.0.1:1',
        region: 'eu-central-1',
        accessKeyId: 'a',
        secretAccessKey: 'b',
        sessionToken: undefined,
      },
      files: '/nowhere',
    })
    expect(all.check(text)).toEqual(expect.any(String))
    await expect(all.read(text)).rejects.toMatchObject({ reason: 'secret-unavailable' })
  })

  test('a store that is not configured is said with the setting that would', () => {
    const none = open({})
    expect(none.check('vault:kv/data/a#b')).toContain('RUNLAYER_VAULT_ADDR')
    expect(none.check('aws-sm:a')).toContain('AWS_REGION')
    expect(none.check('file:a')).toContain('RUNLAYER_SECRET_FILES')
  })
})

describe('HashiCorp Vault', () => {
  async function vault(
    login: VaultSettings['login'],
  ): Promise<{ server: VaultFixture; stores: SecretStores }> {
    const server = await vaultFixture()
    ends.push(() => server.close())
    server.secrets.set('kv/data/github', { token: 'ghp_one' })
    return { server, stores: open({ vault: { url: server.url, namespace: undefined, login } }) }
  }
  const token = { kind: 'token', token: 'hvs.first' } as const

  test('a field of a secret is read', async () => {
    const { stores } = await vault(token)
    expect(await stores.read('vault:kv/data/github#token')).toBe('ghp_one')
  })

  test('a role signs in, and again when its token is refused', async () => {
    const { server, stores } = await vault({ kind: 'app-role', roleId: 'role', secretId: 'secret-id' })
    await stores.read('vault:kv/data/github#token')
    server.on.validToken = 'hvs.second'
    expect(await stores.read('vault:kv/data/github#token')).toBe('ghp_one')
    expect(server.asked.filter((path) => path === 'auth/approle/login')).toHaveLength(2)
  })

  test('a token file is read anew each time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vault-token-'))
    ends.push(() => rm(folder, { recursive: true }))
    const path = join(folder, 'token')
    await writeFile(path, 'hvs.first\n')
    const { server, stores } = await vault({ kind: 'token-file', path })
    await stores.read('vault:kv/data/github#token')
    server.on.validToken = 'hvs.second'
    await writeFile(path, 'hvs.second\n')
    expect(await stores.read('vault:kv/data/github#token')).toBe('ghp_one')
  })

  test('what goes wrong is said in words that name it and nothing of it', async () => {
    const { server, stores } = await vault(token)
    const words = async (reference = 'vault:kv/data/github#token') =>
      await stores.read(reference).then(
        () => 'read',
        (error: { reason: string; message: string }) => `${error.reason}: ${error.message}`,
      )
    expect(await words('vault:kv/data/none#token')).toMatch(
      /^secret-unavailable: HashiCorp Vault has no such/,
    )
    expect(await words('vault:kv/data/github#other')).toMatch(/without the field/)
    server.on.validToken = 'hvs.other'
    expect(await words()).toBe('secret-unavailable: HashiCorp Vault does not let this host read the secret.')
    server.on.sealed = true
    expect(await words()).toBe('secret-unavailable: HashiCorp Vault is sealed.')
    server.on.silent = true
    expect(await words()).toBe('secret-unavailable: HashiCorp Vault did not answer in time.')
    await server.close()
    expect(await words()).toBe('secret-unavailable: HashiCorp Vault could not be reached.')
  }, 15_000)

  test.each([['two\nlines'], [''], ['\0ref']])('a value that is no secret is refused: %j', async (value) => {
    const { server, stores } = await vault(token)
    server.secrets.set('kv/data/github', { token: value })
    await expect(stores.read('vault:kv/data/github#token')).rejects.toMatchObject({
      reason: 'secret-unavailable',
    })
  })
})

describe('AWS Secrets Manager', () => {
  const key = {
    id: 'AKIDEXAMPLE',
    secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    region: 'eu-central-1',
  }
  async function aws(secret = key.secret) {
    const server = await awsFixture(key)
    ends.push(() => server.close())
    server.secrets.set('prod/github', '{"token":"ghp_two"}')
    server.secrets.set('arn:aws:secretsmanager:eu-central-1:1:secret:plain-AbCdEf', 'ghp_three')
    const settings = { url: `${server.url}/`, region: key.region, accessKeyId: key.id }
    const stores = open({ aws: { ...settings, secretAccessKey: secret, sessionToken: 'session' } })
    return { server, stores }
  }

  test('a whole secret and one field are read with a signature the server accepts', async () => {
    const { stores } = await aws()
    expect(await stores.read('aws-sm:prod/github#token')).toBe('ghp_two')
    expect(await stores.read('aws-sm:arn:aws:secretsmanager:eu-central-1:1:secret:plain-AbCdEf')).toBe(
      'ghp_three',
    )
  })

  test('what goes wrong is said', async () => {
    const { server, stores } = await aws()
    await expect(stores.read('aws-sm:none')).rejects.toThrow(/AWS Secrets Manager has no such secret/)
    await expect(stores.read('aws-sm:prod/github#other')).rejects.toThrow(/without the field/)
    server.on.error = 'AccessDeniedException'
    await expect(stores.read('aws-sm:prod/github')).rejects.toThrow(/does not let this host/)
    server.on.error = 'InternalServiceError'
    server.on.status = 500
    await expect(stores.read('aws-sm:prod/github')).rejects.toThrow(/answered with status 500/)
    const wrong = await aws('another key')
    await expect(wrong.stores.read('aws-sm:prod/github')).rejects.toThrow(/does not let this host/)
  })

  test('the signature is that of the published example for a post without a body', () => {
    const signed = signAws({
      accessKeyId: key.id,
      secretAccessKey: key.secret,
      sessionToken: undefined,
      region: 'us-east-1',
      service: 'service',
      url: new URL('https://example.amazonaws.com/'),
      headers: {},
      body: '',
      at: Date.parse('2015-08-30T12:36:00Z'),
    })
    expect(signed['authorization']).toContain(
      'Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    )
  })
})

describe('the folder of secret files', () => {
  async function folder(): Promise<{ at: string; stores: SecretStores }> {
    const at = await mkdtemp(join(tmpdir(), 'secret-files-'))
    ends.push(() => rm(at, { recursive: true }))
    await mkdir(join(at, 'inside/github'), { recursive: true })
    await writeFile(join(at, 'inside/github/token'), 'ghp_four\n')
    await writeFile(join(at, 'inside/all.json'), '{"token":"ghp_five"}')
    await writeFile(join(at, 'outside'), 'of somebody else')
    await symlink(join(at, 'outside'), join(at, 'inside/way-out'))
    await symlink('github/token', join(at, 'inside/link'))
    return { at, stores: open({ files: join(at, 'inside') }) }
  }

  test('a file, a field of a file and a link that stays inside are read', async () => {
    const { stores } = await folder()
    expect(await stores.read('file:github/token')).toBe('ghp_four')
    expect(await stores.read('file:all.json#token')).toBe('ghp_five')
    expect(await stores.read('file:link')).toBe('ghp_four')
  })

  test('a link that leads outside, a folder and nothing at all are refused', async () => {
    const { at, stores } = await folder()
    await expect(stores.read('file:way-out')).rejects.toThrow(/leads outside/)
    await expect(stores.read('file:github')).rejects.toThrow(/no readable file/)
    await expect(stores.read('file:none')).rejects.toThrow(/has no such file/)
    await expect(stores.read('file:github/token#x')).rejects.toThrow(/no JSON object/)
    await writeFile(join(at, 'inside/large'), Buffer.alloc(65 * 1024, 'x'))
    await expect(stores.read('file:large')).rejects.toThrow(/too large/)
  })
})
