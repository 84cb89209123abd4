import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Encryption,
  type SamlChange,
  type SamlMember,
  startSamlIdentityProvider,
} from '../../../test/fixtures/saml-identity-provider.ts'
import { refusalOf } from '../../../test/support/call-route.ts'
import { openCookieJar, openSsoWorld, type SsoWorld } from '../../../test/support/sso-world.ts'
import { openTestStorage, type TestStorage } from '../../../test/support/stores.ts'

const sp = {
  entityId: 'http://localhost:3000/api/v1/sign-in/saml/metadata',
  acsUrl: 'http://localhost:3000/api/v1/sign-in/saml/acs',
}
const ada: SamlMember = { nameId: 'ada-1', email: 'ada@acme.test', name: 'Ada', groups: ['eng', 'all'] }
let idp: Awaited<ReturnType<typeof startSamlIdentityProvider>>
let store: TestStorage
let world: SsoWorld
let id = ''

beforeAll(async () => {
  idp = await startSamlIdentityProvider({ members: [ada], sp })
  store = await openTestStorage('embedded')
  world = await openSsoWorld(store.storage)
  const body = { name: 'Acme', domains: ['acme.test'], saml: { metadata: idp.metadata } }
  id = ((await world.call('createSsoProvider', { as: world.root, body })).value as { id: string }).id
})
afterAll(async () => {
  await world?.sso.close()
  await store?.dispose()
  await idp?.close()
})

async function begin() {
  const browser = openCookieJar(world)
  const body = { provider_id: id, next: '/connectors' }
  const { url } = await browser.call<{ url: string }>('beginSingleSignOn', { body })
  return { browser, url }
}
type Browser = ReturnType<typeof openCookieJar>
async function arrive(response: string): Promise<URLSearchParams> {
  const to = await world.sso.assertions.receive({ response, ip: '192.0.2.1' })
  return new URL(to, 'http://localhost:3000').searchParams
}
async function finish(browser: Browser, answer: URLSearchParams) {
  return browser.call<{ user_id: string; next: string }>('createSessionBySingleSignOn', {
    body: Object.fromEntries(answer),
  })
}
/** The word a response is refused with, or that it was not. */
async function judged(o: {
  change?: SamlChange
  signed?: 'response' | 'foreign' | 'sha1'
  edit?: (xml: string) => string
  encrypted?: Encryption
}) {
  const { browser, url } = await begin()
  const made = await idp.respond(url, ada, o)
  const xml = Buffer.from(made, 'base64').toString()
  const sent = o.edit === undefined ? made : Buffer.from(o.edit(xml)).toString('base64')
  if (o.edit !== undefined) expect(o.edit(xml)).not.toBe(xml)
  const answer = await arrive(sent)
  const kind = answer.get('error') ?? 'taken'
  expect(await refusalOf(finish(browser, answer)), kind).toBe(
    kind === 'taken' ? 'nothing was refused' : 'sso-refused',
  )
  return kind
}

test('a signed assertion signs in whoever it names, in the browser that began, once', async () => {
  const { browser, url } = await begin()
  const request = new URL(url)
  expect(request.href.startsWith(idp.ssoUrl)).toBe(true)
  expect(request.searchParams.get('RelayState') ?? '').toBe('')
  const response = await idp.respond(url, ada)
  const answer = await arrive(response)
  expect(await refusalOf(finish(openCookieJar(world), answer))).toBe('sso-refused')
  const { user_id: userId, next } = await finish(browser, answer)
  expect(next).toBe('/connectors')
  expect(await world.identity.people.find(userId as never)).toMatchObject({
    email: 'ada@acme.test',
    name: 'Ada',
    roles: ['user'],
  })
  // Replayed as it is, and in a sign-in of its own.
  expect((await arrive(response)).get('error')).toBe('used')
  expect(await refusalOf(finish(browser, answer))).toBe('sso-refused')
})

test('a sign-in nobody asked for, or that another installation asked for, is not taken', async () => {
  const { url } = await begin()
  const unasked = await idp.respond(url, ada, { change: () => ({ inResponseTo: '', responseTo: '' }) })
  expect((await arrive(unasked)).get('error')).toBe('request')
  const foreign = await idp.respond(url, ada, { change: () => ({ inResponseTo: '_1', responseTo: '_1' }) })
  expect((await arrive(foreign)).get('error')).toBe('request')
  for (const response of ['', 'x', 'PHNhbWw+', Buffer.alloc(300_000, 65).toString()])
    expect((await arrive(response)).get('error')).toBe('request')
})

const hour = 3_600_000
const at = (ms: number) => new Date(Date.now() + ms)

describe('an assertion does not count', () => {
  test.each<[string, Parameters<typeof judged>[0], string]>([
    ['signed by somebody else', { signed: 'foreign' }, 'signature'],
    ['in a response that alone is signed', { signed: 'response' }, 'signature'],
    ['signed with SHA-1', { signed: 'sha1' }, 'weak'],
    ['unsigned', { edit: (xml) => xml.replace(/<ds:Signature[\s\S]*?<\/ds:Signature>/, '') }, 'signature'],
    ['whose NameID was changed', { edit: (xml) => xml.replace('>ada-1<', '>root-1<') }, 'signature'],
    ['whose email was changed', { edit: (xml) => xml.replace('ada@acme', 'root@acme') }, 'signature'],
    ['made for another audience', { change: () => ({ audience: 'https://other.example' }) }, 'audience'],
    ['made for another address', { change: () => ({ recipient: 'https://other.example/acs' }) }, 'recipient'],
    ['of another issuer', { change: () => ({ issuer: 'https://other.example' }) }, 'issuer'],
    ['that is over', { change: () => ({ notBefore: at(-2 * hour), notOnOrAfter: at(-hour) }) }, 'time'],
    ['that begins later', { change: () => ({ notBefore: at(hour), notOnOrAfter: at(2 * hour) }) }, 'time'],
    ['without a name', { change: () => ({ nameIdXml: '' }) }, 'subject'],
    [
      'with a passing name',
      { change: () => ({ nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }) },
      'subject',
    ],
    ['that answers another request inside', { change: () => ({ inResponseTo: '_1' }) }, 'request'],
    ['with a comment in its name', { change: () => ({ nameIdXml: 'root-1<!---->.evil' }) }, 'shape'],
    ['with a comment put in later', { edit: (xml) => xml.replace('>ada-1<', '>ada<!---->-1<') }, 'shape'],
    ['behind a document type', { edit: (xml) => `<!DOCTYPE x [<!ENTITY a "b">]>${xml}` }, 'shape'],
    ['of a refusal', { change: () => ({ status: 'Requester' }), edit: withoutAssertion }, 'status'],
  ])('%s', async (_name, sent, kind) => {
    expect(await judged(sent)).toBe(kind)
  })

  test('where a forged one is wrapped around or beside the signed one', async () => {
    const assertionOf = (xml: string) => /<saml:Assertion [\s\S]*<\/saml:Assertion>/.exec(xml)?.[0] ?? ''
    const forged = (xml: string) =>
      assertionOf(xml)
        .replace(/<ds:Signature[\s\S]*<\/ds:Signature>/, '')
        .replace(/ID="[^"]*"/, 'ID="_forged"')
        .replace('>ada-1<', '>root-1<')
    const wrappings: ((xml: string) => string)[] = [
      (xml) => xml.replace(assertionOf(xml), forged(xml) + assertionOf(xml)),
      (xml) => xml.replace(assertionOf(xml), assertionOf(xml) + forged(xml)),
      (xml) =>
        xml.replace(
          assertionOf(xml),
          forged(xml).replace(
            '</saml:Assertion>',
            `<saml:Advice>${assertionOf(xml)}</saml:Advice></saml:Assertion>`,
          ),
        ),
      (xml) =>
        xml.replace(
          assertionOf(xml),
          `<samlp:Extensions>${assertionOf(xml)}</samlp:Extensions>${forged(xml)}`,
        ),
      // The signature moved into the forged one, pointing at the real one.
      (xml) => {
        const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? ''
        const bare = assertionOf(xml).replace(signature, '')
        const around = forged(xml).replace('<saml:Subject>', `${signature}<saml:Subject>`)
        return xml.replace(assertionOf(xml), around.replace('</saml:Assertion>', `${bare}</saml:Assertion>`))
      },
      // Two elements of the signed one's id.
      (xml) => xml.replace(assertionOf(xml), forged(xml).replace('_forged', idOf(xml)) + assertionOf(xml)),
    ]
    for (const [index, edit] of wrappings.entries())
      expect(['signature', 'shape'], String(index)).toContain(await judged({ edit }))
    expect(await judged({})).toBe('taken')
  })
})

const idOf = (xml: string) => /<saml:Assertion [^>]*ID="([^"]*)"/.exec(xml)?.[1] ?? ''
function withoutAssertion(xml: string): string {
  return xml.replace(/<saml:Assertion [\s\S]*<\/saml:Assertion>/, '')
}

describe('an encrypted assertion', () => {
  const metadata = async () => (await world.sso.assertions.metadata(id)) ?? ''
  /** Puts something else where the assertion stands sealed. */
  const sealed = /<saml:EncryptedAssertion [\s\S]*<\/saml:EncryptedAssertion>/
  const flip = (name: string) => (xml: string) => {
    const values = [...xml.matchAll(/<(?:\w+:)?CipherValue>([^<]+)</g)].map(([, text = '']) => text)
    const at = values[name === 'key' ? 0 : values.length - 1] ?? ''
    return xml.replace(at, (at.startsWith('A') ? 'B' : 'A') + at.slice(1))
  }

  test('counts like a plain one, by the algorithms providers use', async () => {
    const own = await metadata()
    expect(own).toContain('<KeyDescriptor use="encryption">')
    expect(own).toContain('AuthnRequestsSigned="false"')
    expect(await judged({ encrypted: { metadata: own } })).toBe('taken')
    const cbc = 'http://www.w3.org/2001/04/xmlenc#aes256-cbc'
    expect(await judged({ encrypted: { metadata: own, dataAlgorithm: cbc } })).toBe('taken')
    expect(await world.identity.people.findByEmail('ada@acme.test')).toMatchObject({ name: 'Ada' })
  })

  test('is judged like a plain one, once it is open', async () => {
    const encrypted = { metadata: await metadata() }
    const wrong: [Parameters<typeof judged>[0], string][] = [
      [{ change: () => ({ audience: 'https://other.example' }) }, 'audience'],
      [{ change: () => ({ notBefore: at(-2 * hour), notOnOrAfter: at(-hour) }) }, 'time'],
      [{ change: () => ({ inResponseTo: '_1' }) }, 'request'],
      [{ change: () => ({ nameIdXml: 'root-1<!---->.evil' }) }, 'shape'],
    ]
    for (const [sent, kind] of wrong) expect(await judged({ ...sent, encrypted }), kind).toBe(kind)
  })

  test('that was changed, made for another key, or beside another, does not count', async () => {
    const encrypted = { metadata: await metadata() }
    expect(await judged({ encrypted, edit: flip('key') })).toBe('signature')
    expect(await judged({ encrypted, edit: flip('data') })).toBe('signature')
    const twice = (xml: string) => xml.replace(sealed, (one) => one + one)
    expect(['shape', 'signature']).toContain(await judged({ encrypted, edit: twice }))
    const forged = (xml: string) => xml.replace(sealed, (one) => `${one}<saml:Assertion ID="_f"/>`)
    expect(['shape', 'signature']).toContain(await judged({ encrypted, edit: forged }))
    const other = await world.call('createSsoProvider', {
      as: world.root,
      body: { name: 'Another', saml: { metadata: idp.metadata } },
    })
    const { id: otherId } = other.value as { id: string }
    const foreign = (await world.sso.assertions.metadata(otherId)) ?? ''
    expect(foreign).not.toBe(encrypted.metadata)
    expect(await judged({ encrypted: { metadata: foreign } })).toBe('signature')
    await world.call('deleteSsoProvider', { as: world.root, params: { id: otherId } })
  })

  test('that is not signed inside does not count, though the response around it is', async () => {
    const asked = (await metadata()).replace('WantAssertionsSigned="true"', 'WantAssertionsSigned="false"')
    expect(await judged({ encrypted: { metadata: asked } })).toBe('signature')
  })

  test('whose key is wrapped by an algorithm that leaks it is refused', async () => {
    const encrypted = { metadata: await metadata(), keyAlgorithm: 'rsa-1_5' }
    expect(await judged({ encrypted })).toBe('weak')
  })
})

test('requests are signed where the provider wants it, with the key of our metadata there', async () => {
  const { call, root } = world
  const saml = { metadata: idp.metadata, sign_requests: true }
  const made = await call('createSsoProvider', { as: root, body: { name: 'Signed', saml } })
  const { id: signed, saml: shown } = made.value as { id: string; saml: object }
  expect(shown).toMatchObject({
    sign_requests: true,
    own_certificate: { pem: expect.stringContaining('BEGIN') },
  })
  expect(JSON.stringify(made.value)).not.toContain('PRIVATE KEY')
  const { rows } = await world.storage.pool.query('SELECT * FROM sso_providers')
  expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY')
  const browser = openCookieJar(world)
  const { url } = await browser.call<{ url: string }>('beginSingleSignOn', { body: { provider_id: signed } })
  expect(new URL(url).searchParams.get('SigAlg')).toBe('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256')
  const own = (await world.sso.assertions.metadata(signed)) ?? ''
  expect(own).toContain('AuthnRequestsSigned="true"')
  expect(await idp.readSigned(url, own)).toMatch(/^s/)
  const plain = (await world.sso.assertions.metadata(id)) ?? ''
  await expect(idp.readSigned(url, plain)).rejects.toThrow()
  await expect(idp.readSigned((await begin()).url, plain)).rejects.toThrow()
  expect(await world.sso.assertions.metadata('0198c1de-7a00-7000-8000-000000000001')).toBeUndefined()
})

test('what was refused is counted, and never by the words of whoever sent it', () => {
  expect(new Set(world.refused.map((why) => why.split(' ')[0]))).toEqual(new Set(['saml']))
  expect(world.refused).toContain('saml signature')
})

test('a provider is entered by fields too, with its certificate in either spelling', async () => {
  const { call, root } = world
  const create = (saml: object, name = 'Fields') =>
    call('createSsoProvider', { as: root, body: { name, saml } })
  const fields = { entity_id: 'https://id.example', sso_url: 'https://id.example/sso' }
  const bare = idp.certificate.replace(/-----\w+ CERTIFICATE-----|\s/g, '')
  const { value } = await create({ ...fields, certificates: [idp.certificate, bare] })
  expect(value).toMatchObject({
    kind: 'saml',
    saml: { ...fields, certificates: [{ pem: expect.stringContaining('BEGIN') }, {}] },
    service_provider: { entity_id: sp.entityId, acs_url: sp.acsUrl },
  })
  expect(await refusalOf(create({ ...fields, certificates: ['x'] }))).toEqual([
    'body.saml.certificates.0 metadata',
  ])
  expect(await refusalOf(create({ ...fields }))).toEqual(['body.saml.certificates required'])
  for (const metadata of [
    'x',
    '<a/>',
    idp.metadata.replace(/HTTP-Redirect/g, 'SOAP'),
    `<!DOCTYPE a>${idp.metadata}`,
  ])
    expect(await refusalOf(create({ metadata }))).toEqual(['body.saml.metadata metadata'])
  expect(await world.sso.assertions.metadata(undefined)).toContain(`entityID="${sp.entityId}"`)
})
