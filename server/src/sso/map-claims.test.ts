import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Member, startIdentityProvider } from '../../../test/fixtures/identity-provider.ts'
import { startSamlIdentityProvider } from '../../../test/fixtures/saml-identity-provider.ts'
import { refusalOf } from '../../../test/support/call-route.ts'
import { openCookieJar, openSsoWorld, type SsoWorld } from '../../../test/support/sso-world.ts'
import { eachStore } from '../../../test/support/stores.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { GroupId, UserId } from '../kernel/ids.ts'
import { mapClaims } from './map-claims.ts'

let idp: Awaited<ReturnType<typeof startIdentityProvider>>
beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(async () => idp?.close())
beforeEach(() => {
  idp.script.now = {}
})

const ada: Member = { sub: 'ada-1', email: 'ada@acme.test', email_verified: true, name: 'Ada' }
type MappingBody = { groups: object | null; attributes: object[] }

async function add({ call, root }: SsoWorld, mapping: MappingBody): Promise<string> {
  const oidc = { issuer: idp.issuer, client_id: 'console', client_secret: idp.clientSecret }
  const body = { name: 'Acme', domains: ['acme.test'], oidc, mapping }
  return ((await call('createSsoProvider', { as: root, body })).value as { id: string }).id
}
const change = ({ call, root }: SsoWorld, id: string, mapping: MappingBody) =>
  call('updateSsoProvider', { as: root, params: { id }, body: { mapping } })
async function signIn(world: SsoWorld, id: string, who: Member): Promise<UserId> {
  const browser = openCookieJar(world)
  const { url } = await browser.call<{ url: string }>('beginSingleSignOn', { body: { provider_id: id } })
  const body = idp.approve(url, who)
  return (await browser.call<{ user_id: string }>('createSessionBySingleSignOn', { body })).user_id as UserId
}
/** A world with groups to lead to, and the mapping most tests use. */
async function open(storage: Parameters<typeof openSsoWorld>[0]) {
  const world = await openSsoWorld(storage)
  const { groups, find } = world.identity
  const [eng, ops, hand] = [
    await groups.create({ name: 'Engineering' }),
    await groups.create({ name: 'Ops' }),
    await groups.create({ name: 'By hand' }),
  ]
  const rows = [
    { value: '6f9619ff-8b86', group_id: eng.id },
    { value: '77aa', group_id: ops.id },
  ]
  const mapping = {
    groups: { claim: 'groups', by_name: false, rows },
    attributes: [
      { claim: 'dept', attribute: 'department' },
      { claim: 'extra.site', attribute: 'site' },
    ],
  }
  const groupsOf = async (id: UserId) => [...((await find(id))?.groupIds ?? [])].sort()
  return { world, eng, ops, hand, mapping, groupsOf }
}
const ids = (...groups: { id: GroupId }[]) => groups.map(({ id }) => id).sort()

eachStore((openStore) => {
  test('what a provider says is brought up to date at each sign-in, and what others gave stays', async () => {
    const { world, eng, ops, hand, mapping, groupsOf } = await open(await openStore())
    const { identity, entries } = world
    const id = await add(world, mapping)
    const claims = {
      groups: ['6f9619ff-8b86', 'unknown'],
      dept: 'Finance',
      extra: { site: ['Bonn', 'Oslo'] },
    }
    const who = await signIn(world, id, { ...ada, ...claims })
    expect(await groupsOf(who)).toEqual(ids(eng))
    expect((await identity.find(who))?.attributes).toEqual({
      department: ['Finance'],
      site: ['Bonn', 'Oslo'],
    })
    expect(entries.at(-1)).toMatchObject({
      action: 'user_updated',
      actor: { type: 'system', id: `sso:${id}` },
      resourceId: who,
      outcome: 'success',
      after: JSON.stringify({
        sso_group_ids: [eng.id],
        attributes: { department: ['Finance'], site: ['Bonn', 'Oslo'] },
      }),
    })
    // Nothing new is nothing to write down.
    const written = entries.length
    await signIn(world, id, { ...ada, ...claims })
    expect(entries).toHaveLength(written)

    // Entered here too: it stays when the provider stops saying it.
    await identity.groups.update(hand.id, { members: [who] })
    await identity.groups.update(eng.id, { members: [who] })
    await identity.people.update(
      who,
      { attributes: { department: ['Finance'], site: ['Bonn'], team: ['Blue'] } },
      'system',
    )
    await signIn(world, id, { ...ada, groups: '77aa' })
    expect(await groupsOf(who)).toEqual(ids(eng, ops, hand))
    expect((await identity.find(who))?.attributes).toEqual({ team: ['Blue'] })
    await identity.groups.update(eng.id, { members: [] })
    expect(await groupsOf(who)).toEqual(ids(ops, hand))
    await signIn(world, id, ada)
    expect(await groupsOf(who)).toEqual(ids(hand))
    expect(await identity.groups.find(ops.id)).toMatchObject({ memberIds: [], ssoMemberIds: [] })
  })

  test('a membership holds from the next request on, and ends with the row, the connection or the provider', async () => {
    const { world, eng, ops, mapping, groupsOf } = await open(await openStore())
    const { identity, call, root } = world
    const id = await add(world, mapping)
    const both = { ...ada, groups: ['6f9619ff-8b86', '77aa'] }
    const who = await signIn(world, id, both)
    const key = await identity.keys.create({
      kind: 'personal',
      userId: who,
      role: undefined,
      platformRole: undefined,
      name: 'k',
    })
    const caller = async () => {
      const found = await identity.authenticate({
        apiKey: key.secret,
        authorization: undefined,
        cookie: undefined,
        ip: '192.0.2.1',
      })
      return [...found.groupIds].sort()
    }
    expect(await caller()).toEqual(ids(eng, ops))
    const [, toOps] = mapping.groups.rows
    await change(world, id, { ...mapping, groups: { ...mapping.groups, rows: [toOps] } })
    expect(await caller()).toEqual(ids(ops))
    await call('deleteSsoIdentities', { as: root, params: { id: who } })
    expect(await caller()).toEqual([])
    await call('updateSsoProvider', { as: root, params: { id }, body: { link_by_email: true } })
    await signIn(world, id, both)
    expect(await caller()).toEqual(ids(ops))
    await call('deleteSsoProvider', { as: root, params: { id } })
    expect(await caller()).toEqual([])
    expect(await groupsOf(who)).toEqual([])
  })

  test('names lead to groups only where that was asked for, and nothing leads to a role', async () => {
    const { world, eng, mapping, groupsOf } = await open(await openStore())
    const id = await add(world, mapping)
    const said = { ...ada, groups: ['engineering', 'super_admin', 'Super Admin', '__proto__'] }
    const who = await signIn(world, id, said)
    expect(await groupsOf(who)).toEqual([])
    await change(world, id, { ...mapping, groups: { claim: 'groups', by_name: true, rows: [] } })
    await signIn(world, id, said)
    expect(await groupsOf(who)).toEqual(ids(eng))
    expect(await world.identity.people.find(who)).toMatchObject({ roles: ['user'] })
    // No group is made of a claim.
    expect([...(await world.identity.groupNames()).values()].sort()).toEqual([
      'By hand',
      'Engineering',
      'Ops',
    ])
  })

  test('a mapping names groups that exist, and each attribute once', async () => {
    const { world, mapping } = await open(await openStore())
    const rows = [{ value: 'x', group_id: '0198c1de-7a00-7000-8000-000000000001' }]
    expect(await refusalOf(add(world, { ...mapping, groups: { ...mapping.groups, rows } }))).toEqual([
      'body.mapping.groups.rows.0.group_id exists',
    ])
    const twice = [mapping.attributes[0], { claim: 'other', attribute: 'department' }] as object[]
    expect(await refusalOf(add(world, { ...mapping, attributes: twice }))).toEqual([
      expect.stringContaining('body.mapping.attributes'),
    ])
  })

  test('a test shows what a sign-in would make of it, and changes nothing', async () => {
    const { world, eng, mapping, groupsOf } = await open(await openStore())
    const id = await add(world, mapping)
    const browser = openCookieJar(world)
    const { url } = await browser.call<{ url: string }>('beginSsoTest', {
      as: world.root,
      params: { id },
    })
    const claims = { groups: ['6f9619ff-8b86', 'lost'], dept: ['Finance'] }
    const body = idp.approve(url, { ...ada, email: 'root@acme.test', ...claims })
    expect(await browser.call('completeSsoTest', { as: world.root, body })).toMatchObject({
      mapped: {
        groups: [
          { value: '6f9619ff-8b86', group_id: eng.id, group_name: 'Engineering' },
          { value: 'lost', group_id: null, group_name: null },
        ],
        attributes: { department: ['Finance'] },
      },
    })
    expect(await groupsOf(world.root.id)).toEqual([])
  })

  test('claims that only the user info has are fetched from there', async () => {
    const { world, eng, mapping, groupsOf } = await open(await openStore())
    const id = await add(world, mapping)
    idp.script.now = { userInfo: { sub: 'ada-1', groups: ['6f9619ff-8b86'] } }
    expect(await groupsOf(await signIn(world, id, ada))).toEqual(ids(eng))
  })

  test('attributes of a SAML assertion lead to groups and attributes too', async () => {
    const sp = {
      entityId: 'http://localhost:3000/api/v1/sign-in/saml/metadata',
      acsUrl: 'http://localhost:3000/api/v1/sign-in/saml/acs',
    }
    const member = {
      nameId: 'bo-1',
      email: 'bo@acme.test',
      name: 'Bo',
      groups: ['77aa', '6f9619ff-8b86'],
    }
    const saml = await startSamlIdentityProvider({ members: [member], sp })
    try {
      const { world, eng, ops, mapping, groupsOf } = await open(await openStore())
      const attributes = [{ claim: 'displayName', attribute: 'called' }]
      const body = {
        name: 'Acme',
        domains: ['acme.test'],
        saml: { metadata: saml.metadata },
        mapping: { ...mapping, attributes },
      }
      const { id } = (await world.call('createSsoProvider', { as: world.root, body })).value as {
        id: string
      }
      const enter = async (change?: Parameters<typeof saml.respond>[2]) => {
        const browser = openCookieJar(world)
        const { url } = await browser.call<{ url: string }>('beginSingleSignOn', {
          body: { provider_id: id },
        })
        const response = await saml.respond(url, member, change)
        const to = await world.sso.assertions.receive({ response, ip: '192.0.2.1' })
        const answer = Object.fromEntries(new URL(to, 'http://localhost').searchParams)
        return (await browser.call<{ user_id: UserId }>('createSessionBySingleSignOn', { body: answer }))
          .user_id
      }
      const who = await enter()
      expect(await groupsOf(who)).toEqual(ids(eng, ops))
      expect((await world.identity.find(who))?.attributes).toEqual({ called: ['Bo'] })
      // One attribute for each value, as some providers write it.
      const one = (value: string) =>
        `<saml:Attribute Name="groups"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`
      await enter({ change: () => ({ attributesXml: one('x') + one('77aa') }) })
      expect(await groupsOf(who)).toEqual(ids(ops))
      const link = 'http://schemas.microsoft.com/claims/groups.link'
      const left = one('https://graph.example').replace('"groups"', `"${link}"`)
      expect(await refusalOf(enter({ change: () => ({ attributesXml: left }) }))).toBe('sso-refused')
      expect(await groupsOf(who)).toEqual(ids(ops))
    } finally {
      await saml.close()
    }
  })
})

describe('claims that cannot be taken as they are refuse the sign-in in words', () => {
  const provider = {
    name: 'Acme',
    mapping: {
      groups: { claim: 'groups', byName: true, rows: [] },
      attributes: [{ claim: 'dept', attribute: 'department' }],
    },
  }
  const map = (claims: object) => {
    try {
      return mapClaims(provider, claims as never, new Map([['id-1', 'Eng']]))
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return `${error.reason}: ${error.message}`
    }
  }
  test.each<[string, object, RegExp]>([
    ['Entra ID left them out', { _claim_names: { groups: 'src1' } }, /too many for a sign-in/],
    ['Entra ID says it has some', { hasgroups: true }, /too many for a sign-in/],
    [
      'too many groups',
      { groups: Array.from({ length: 1001 }, (_, n) => `g${n}`) },
      /more in the claim groups/,
    ],
    ['a group of great length', { groups: ['g'.repeat(501)] }, /more in the claim groups/],
    ['objects for groups', { groups: [{ name: 'Eng' }] }, /says no texts in the claim groups/],
    ['a long attribute', { dept: 'd'.repeat(257) }, /more in the claim dept/],
    ['a line break in an attribute', { dept: 'a\nb' }, /more in the claim dept/],
    ['many values', { dept: Array.from({ length: 33 }, (_, n) => `d${n}`) }, /more in the claim dept/],
  ])('%s', (_name, claims, words) => {
    expect(map(claims)).toMatch(words)
    expect(map(claims)).toMatch(/^sso-refused: Acme /)
  })

  test('and what can is taken: one text, numbers, no claim at all', () => {
    expect(map({ groups: 'ENG', dept: 42 })).toEqual({
      groups: [{ value: 'ENG', groupId: 'id-1', groupName: 'Eng' }],
      attributes: { department: ['42'] },
    })
    expect(map({ groups: null })).toEqual({ groups: [], attributes: {} })
  })
})
