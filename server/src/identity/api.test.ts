import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { startMailServer } from '../../../test/fixtures/mail-server.ts'
import { callRoute, refusalOf, type Sent } from '../../../test/support/call-route.ts'
import { eachStore, quietLog } from '../../../test/support/stores.ts'
import type { Role } from '../kernel/caller.ts'
import type { UserId } from '../kernel/ids.ts'
import { openMail } from '../mail/mail.ts'
import type { Storage } from '../storage/storage.ts'
import { identityRoutes } from './api.ts'
import { personalPower } from './change-keys.ts'
import { openIdentity } from './identity.ts'
import { openOffBoarding } from './off-board.ts'

const keyring = { derive: (label: string) => createHmac('sha256', 'test').update(label).digest() }
const nobody = '01890000-0000-7000-8000-000000000000'

async function openOn(
  storage: Storage,
  handOver: (from: UserId, to: UserId) => Promise<number> = async () => 0,
  mail = openMail({
    url: undefined,
    productName: 'Runlayer',
    publicUrl: new URL('http://localhost:3000'),
    log: quietLog,
  }),
) {
  const clock = { ms: Date.parse('2026-05-05T12:00:00Z') }
  const now = () => clock.ms++
  const identity = await openIdentity({
    db: storage.db,
    bus: storage.bus,
    keyring,
    config: {
      admin: { email: 'root@example.com', apiKey: `rl_${'A'.repeat(40)}` },
      publicUrl: new URL('http://localhost:3000'),
    },
    now,
    log: quietLog,
  })
  const offBoarding = openOffBoarding({
    people: identity.people,
    superAdminBesides: identity.superAdminBesides,
    handOver: [handOver],
    endKeptSignIn: async () => undefined,
    endClients: async () => undefined,
    endDelegations: async () => undefined,
    endGrants: async () => 0,
    endValues: async () => 0,
    endWays: async () => undefined,
  })
  const routes = identityRoutes({ identity, now, offBoarding, mail, serverExists: () => true })
  const as = async (secret: string) =>
    identity.authenticate({
      authorization: `Bearer ${secret}`,
      apiKey: undefined,
      cookie: undefined,
      ip: '192.0.2.1',
      takesOrganizationKeys: true,
    })
  const person = async (email: string, roles: Role[] = ['user']) => {
    const made = await identity.people.create({ email, roles }, 'system')
    const { secret } = await identity.keys.create({ ...personalPower(made.id), name: 'test' })
    return as(secret)
  }
  const call = async (operationId: string, sent: Sent = {}) => {
    const { value, ...rest } = await callRoute(routes, operationId, sent)
    return { ...rest, value: value as Record<string, unknown> & { id: string } }
  }
  return { identity, routes, as, person, call, root: await as(`rl_${'A'.repeat(40)}`), clock }
}

eachStore((open) => {
  test('an invitation goes by mail where there is a server, and comes with the reason where it refuses', async () => {
    const server = await startMailServer()
    const publicUrl = new URL('http://localhost:3000')
    const mail = openMail({ url: new URL(server.url), productName: 'Runlayer', publicUrl, log: quietLog })
    const { call, root } = await openOn(await open(), async () => 0, mail)
    const { value: ann } = await call('createUser', {
      as: root,
      body: { email: 'ann@example.com', name: 'Ann' },
    })
    const { value: sent, recorded } = await call('createInvitation', { as: root, params: { id: ann.id } })
    expect(sent).toMatchObject({ mail: 'sent', mail_problem: null })
    expect(server.letters).toMatchObject([{ to: ['ann@example.com'] }])
    // Quoted-printable parts long lines.
    expect(server.letters[0]?.text.replace(/=\n/g, '').replace(/=3D/g, '=')).toContain(sent['url'])
    expect(JSON.stringify(recorded ?? {})).not.toContain(sent['token'])
    server.mood = 'refuses'
    const { value: failed } = await call('createSignInLink', { as: root, params: { id: ann.id } })
    expect(failed).toMatchObject({ mail: 'failed', mail_problem: expect.stringContaining('550') })
    expect(failed['url']).toContain(failed['token'])
    mail.close()
    await server.close()
  })

  test('attributes: given whole, kept in order, part of what policy sees, and bounded', async () => {
    const { call, root, identity, person } = await openOn(await open())
    const { value: made } = await call('createUser', {
      as: root,
      body: { email: 'ann@example.com', attributes: { department: ['Finance'] } },
    })
    expect(made).toMatchObject({ attributes: { department: ['Finance'] } })
    const attributes = { title: ['Lead', 'Clerk'], costCenter: ['4711'] }
    const { value: after, recorded } = await call('updateUser', {
      as: root,
      params: { id: made.id },
      body: { attributes },
    })
    expect(after['attributes']).toEqual(attributes)
    expect(recorded).toMatchObject({
      before: { attributes: { department: ['Finance'] } },
      after: { attributes },
    })
    expect(await identity.find(made.id as UserId)).toMatchObject({ attributes })
    expect(await person('ben@example.com')).toMatchObject({ attributes: {} })
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`name${index}`, ['x']]))
    const wrong = [
      many,
      { 'a.b': ['x'] },
      { team: [] },
      { team: ['x\n'] },
      { team: 'x' },
      { team: ['x'.repeat(257)] },
    ]
    for (const odd of wrong) {
      const refusal = await refusalOf(
        call('updateUser', { as: root, params: { id: made.id }, body: { attributes: odd } }),
      )
      expect(refusal, JSON.stringify(odd)).toEqual([expect.stringContaining('body.attributes')])
    }
  })

  test('people: made, shown, listed in pages, changed and deleted', async () => {
    const { call, root } = await openOn(await open())
    const { value: made, recorded } = await call('createUser', {
      as: root,
      body: { email: 'ann@example.com', name: 'Ann', roles: ['developer'] },
    })
    expect(made).toMatchObject({
      email: 'ann@example.com',
      name: 'Ann',
      roles: ['developer'],
      status: 'active',
      group_ids: [],
      demo: false,
    })
    expect(recorded).toMatchObject({ resourceId: made.id, after: { email: 'ann@example.com' } })
    for (const name of ['ben', 'cho', 'dan'])
      await call('createUser', { as: root, body: { email: `${name}@example.com` } })
    const seen: string[] = []
    let cursor: unknown = null
    do {
      const query: Record<string, unknown> = { limit: '2', ...(cursor === null ? {} : { cursor }) }
      const { value } = await call('listUsers', { as: root, query })
      seen.push(...(value['data'] as { email: string }[]).map(({ email }) => email))
      cursor = value['next_cursor']
    } while (cursor !== null)
    expect(seen).toEqual([
      'ann@example.com',
      'ben@example.com',
      'cho@example.com',
      'dan@example.com',
      'root@example.com',
    ])
    const { value: found } = await call('listUsers', { as: root, query: { query: '5%_' } })
    expect(found['data']).toEqual([])
    expect((await call('listUsers', { as: root, query: { query: 'NN' } })).value['data']).toMatchObject([
      { name: 'Ann' },
    ])
    const { value: changed } = await call('updateUser', {
      as: root,
      params: { id: made.id },
      body: { name: 'Anna', status: 'deactivated' },
    })
    expect(changed).toMatchObject({ name: 'Anna', status: 'deactivated', email: 'ann@example.com' })
    await call('deleteUser', { as: root, params: { id: made.id } })
    expect(await refusalOf(call('getUser', { as: root, params: { id: made.id } }))).toBe('not-found')
  })

  test('an odd spelling of an id is an unknown id', async () => {
    const { call, root } = await openOn(await open())
    for (const id of [nobody, root.id.toUpperCase(), `${root.id} `, '', 'me2', '1']) {
      expect(await refusalOf(call('getUser', { as: root, params: { id } })), id).toBe('not-found')
      expect(await refusalOf(call('getGroup', { as: root, params: { id } })), id).toBe('not-found')
      expect(await refusalOf(call('getApiKey', { as: root, params: { id } })), id).toBe('not-found')
    }
  })

  test('each field of each body wrong once is refused by its name and rule, and nothing is written', async () => {
    const { call, root } = await openOn(await open())
    const wrong: [string, unknown, string][] = [
      ['createUser', {}, 'body.email required'],
      ['createUser', { email: 'no' }, 'body.email format-email'],
      ['createUser', { email: 'a@b.co', name: 5 }, 'body.name invalid-type'],
      ['createUser', { email: 'a@b.co', name: 'a\nb' }, 'body.name format-regex'],
      ['createUser', { email: 'a@b.co', roles: ['king'] }, 'body.roles.0 invalid-value'],
      ['createUser', { email: 'a@b.co', admin: true }, 'body.admin unknown-field'],
      ['updateUser', { status: 'asleep' }, 'body.status invalid-value'],
      ['updateUser', { email: null }, 'body.email invalid-type'],
      ['createGroup', { name: ' ' }, 'body.name too-small'],
      ['createGroup', { name: 'G', member_ids: ['x'] }, 'body.member_ids.0 format-uuid'],
      ['createGroup', { name: 'G', member_ids: [nobody] }, 'body.member_ids.0 exists'],
      ['createApiKey', {}, 'body.name required'],
      ['createApiKey', { name: 'k', kind: 'enrollment', role: 'deploy' }, 'body.role not-with-kind'],
      ['createApiKey', { name: 'k', kind: 'organization' }, 'body.role required'],
      [
        'createApiKey',
        { name: 'k', kind: 'organization', role: 'management' },
        'body.platform_role required',
      ],
      [
        'createApiKey',
        { name: 'k', kind: 'organization', role: 'deploy', platform_role: 'user' },
        'body.platform_role not-with-role',
      ],
      [
        'createApiKey',
        { name: 'k', kind: 'organization', role: 'deploy', user_id: nobody },
        'body.user_id not-with-kind',
      ],
      ['updateUser', { roles: ['security_admin', 'it_admin'] }, 'body.roles forbidden-pair'],
      ['createApiKey', { name: 'k', kind: 'odd' }, 'body.kind invalid-value'],
      ['createApiKey', { name: 'k', role: 'deploy' }, 'body.role not-with-kind'],
      ['createApiKey', { name: 'k', expires_at: 'soon' }, 'body.expires_at format-datetime'],
      ['createApiKey', { name: 'k', expires_at: '2020-01-01T00:00:00Z' }, 'body.expires_at future'],
      ['createApiKey', { name: 'k', user_id: nobody }, 'body.user_id exists'],
    ]
    for (const [operation, body, expected] of wrong) {
      const refused = await refusalOf(call(operation, { as: root, params: { id: root.id }, body }))
      expect(refused, `${operation} ${JSON.stringify(body)}`).toEqual([expected])
    }
    expect((await call('listUsers', { as: root })).value['data']).toHaveLength(1)
    expect((await call('listGroups', { as: root })).value['data']).toHaveLength(0)
    expect((await call('listApiKeys', { as: root })).value['data']).toHaveLength(1)
    for (const cursor of ['%%%', '===', 'AA']) {
      expect(await refusalOf(call('listUsers', { as: root, query: { cursor } })), cursor).toEqual([
        'query.cursor cursor',
      ])
    }
  })

  test('groups: made with members, renamed, emptied, deleted', async () => {
    const { call, root, person } = await openOn(await open())
    const ann = await person('ann@example.com')
    const { value: group } = await call('createGroup', {
      as: root,
      body: { name: 'Engineering', member_ids: [ann.id, ann.id] },
    })
    expect(group).toMatchObject({ name: 'Engineering', member_ids: [ann.id] })
    expect((await call('getUser', { as: root, params: { id: ann.id } })).value['group_ids']).toEqual([
      group.id,
    ])
    await call('updateGroup', { as: root, params: { id: group.id }, body: { name: 'Eng' } })
    expect((await call('getGroup', { as: root, params: { id: group.id } })).value).toMatchObject({
      name: 'Eng',
      member_ids: [ann.id],
    })
    await call('updateGroup', { as: root, params: { id: group.id }, body: { member_ids: [] } })
    expect((await call('listGroups', { as: root })).value['data']).toMatchObject([{ member_ids: [] }])
    await call('deleteGroup', { as: root, params: { id: group.id } })
    expect((await call('getUser', { as: root, params: { id: ann.id } })).value['group_ids']).toEqual([])
  })

  test('me: capabilities follow the role, and a CSRF token comes with a session only', async () => {
    const { call, root, person, identity } = await openOn(await open())
    const ann = await person('ann@example.com')
    expect((await call('getMe', { as: ann })).value).toMatchObject({
      email: 'ann@example.com',
      capabilities: [],
      groups: [],
    })
    const me = (await call('getMe', { as: root })).value
    expect(me['capabilities']).toContain('system.manage')
    expect(me).not.toHaveProperty('csrf_token')
    const { value: link } = await call('createSignInLink', { as: root, params: { id: ann.id } })
    const session = await identity.sessions.signIn(String(link['token']), {
      ip: '192.0.2.1',
      userAgent: 'test',
    })
    expect(session.caller.id).toBe(ann.id)
    const cookie = session.setCookie.split(';')[0]
    const signedIn = await identity.authenticate({
      authorization: undefined,
      apiKey: undefined,
      cookie,
      ip: '',
    })
    expect((await call('getMe', { as: signedIn })).value['csrf_token']).toBe(session.csrfToken)
    const out = await call('deleteSession', { as: signedIn })
    expect(out.cookies).toEqual(['runlayer=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax'])
    expect(await refusalOf(call('deleteSession', { as: root }))).toBe('not-found')
    expect(await refusalOf(call('createSignInLink', { as: ann, params: { id: root.id } }))).toBe(
      'not-allowed',
    )
  })

  test('keys: everyone has own, managers see all, only a Super Admin makes them for others', async () => {
    const { call, root, person, as } = await openOn(await open())
    const [ann, it, helpdesk] = [
      await person('ann@example.com'),
      await person('it@example.com', ['it_admin']),
      await person('help@example.com', ['helpdesk']),
    ]
    const { value: own, recorded } = await call('createApiKey', { as: ann, body: { name: 'laptop' } })
    expect(await as(own['secret'] as string)).toMatchObject({ id: ann.id })
    expect(JSON.stringify(recorded)).not.toContain(own['secret'])
    const { value: shown } = await call('getApiKey', { as: ann, params: { id: own.id } })
    expect(shown).not.toHaveProperty('secret')
    expect(String(own['secret'])).toContain(String(shown['prefix']))
    const names = async (caller: typeof ann, query: object = {}) =>
      ((await call('listApiKeys', { as: caller, query })).value['data'] as { user_email: string }[]).map(
        ({ user_email }) => user_email,
      )
    expect(await names(ann)).toEqual(['ann@example.com', 'ann@example.com'])
    expect(await names(ann, { user_id: root.id })).toEqual([])
    expect(await names(helpdesk)).toEqual(['help@example.com'])
    expect(await names(it, { user_id: ann.id })).toEqual(['ann@example.com', 'ann@example.com'])
    expect(new Set(await names(it)).size).toBe(4)
    expect(await refusalOf(call('getApiKey', { as: helpdesk, params: { id: own.id } }))).toBe('not-found')
    expect(await refusalOf(call('deleteApiKey', { as: helpdesk, params: { id: own.id } }))).toBe('not-found')
    expect(await refusalOf(call('createApiKey', { as: it, body: { name: 'x', user_id: ann.id } }))).toBe(
      'not-allowed',
    )
    const { value: given } = await call('createApiKey', {
      as: root,
      body: { name: 'x', user_id: ann.id, expires_at: '2027-01-01T00:00:00+02:00' },
    })
    expect(given).toMatchObject({
      user_id: ann.id,
      created_by: root.id,
      expires_at: '2026-12-31T22:00:00.000Z',
    })
    await call('deleteApiKey', { as: it, params: { id: own.id } })
    expect(await refusalOf(as(own['secret'] as string))).toBe('unauthenticated')
  })

  test('keys of the workspace: made by those who may, each opens its own operations, and no MCP endpoint', async () => {
    const { call, root, person, as, identity } = await openOn(await open())
    const [it, dev, sec] = [
      await person('it@example.com', ['it_admin']),
      await person('dev@example.com', ['developer']),
      await person('sec@example.com', ['security_admin']),
    ]
    const make = (by: typeof root, body: object) =>
      call('createApiKey', { as: by, body: { name: 'CI', kind: 'organization', ...body } })
    const { value: scan } = await make(it, { role: 'security_scan' })
    expect(scan).toMatchObject({
      kind: 'organization',
      role: 'security_scan',
      user_id: null,
      user_email: null,
    })
    expect(scan['secret']).toMatch(/^rl_org_[A-Za-z0-9]{43}$/)
    const { value: deploy } = await make(dev, { role: 'deploy' })
    for (const [by, body] of [
      [it, { role: 'management', platform_role: 'it_admin' }],
      [dev, { role: 'security_scan' }],
      [dev, { kind: 'enrollment' }],
      [sec, { role: 'deploy' }],
    ] as const)
      expect(await refusalOf(make(by, body))).toBe('not-allowed')
    const { value: managing } = await make(root, { role: 'management', platform_role: 'super_admin' })
    const { value: enrolling } = await call('createApiKey', {
      as: it,
      body: { name: 'MDM', kind: 'enrollment' },
    })
    expect(enrolling['secret']).toMatch(/^rl_enroll_/)

    const scanner = await as(String(scan['secret']))
    expect(scanner).toMatchObject({ type: 'organization', id: scan.id, roles: [], groupIds: [], name: 'CI' })
    for (const secret of [scan, deploy, managing, enrolling].map((key) => String(key['secret']))) {
      const atMcp = { authorization: undefined, apiKey: secret, cookie: undefined, ip: '' }
      expect(await refusalOf((async () => identity.authenticate(atMcp))())).toBe('not-allowed')
    }
    const refused = ['getMe', 'listUsers', 'listApiKeys', 'listSessions', 'listRoles', 'createUser']
    for (const operation of refused)
      expect(await refusalOf(call(operation, { as: scanner, body: {} })), operation).toBe('not-allowed')
    const manager = await as(String(managing['secret']))
    await call('createUser', { as: manager, body: { email: 'new@example.com' } })
    await call('listRoles', { as: manager })
    for (const operation of ['getMe', 'createApiKey', 'listSessions', 'createSignInLink'])
      expect(
        await refusalOf(call(operation, { as: manager, params: { id: root.id }, body: { name: 'x' } })),
        operation,
      ).toBe('not-allowed')

    const seen = async (by: typeof root) =>
      ((await call('listApiKeys', { as: by })).value['data'] as { kind: string; role: string }[])
        .filter(({ kind }) => kind !== 'personal')
        .map(({ kind, role }) => role ?? kind)
    expect(await seen(sec)).toEqual(['enrollment', 'management', 'deploy', 'security_scan'])
    expect(await seen(dev)).toEqual(['deploy'])
    expect(await refusalOf(call('getApiKey', { as: dev, params: { id: scan.id } }))).toBe('not-found')
    expect(await refusalOf(call('deleteApiKey', { as: sec, params: { id: scan.id } }))).toBe('not-allowed')
    await call('deleteApiKey', { as: it, params: { id: scan.id } })
    expect(await refusalOf(as(String(scan['secret'])))).toBe('unauthenticated')
  })

  test('whoever gets a key from somebody else is told, and puts the notice away', async () => {
    const { call, root, person } = await openOn(await open())
    const ann = await person('ann@example.com')
    await call('createApiKey', { as: root, body: { name: 'robot', user_id: ann.id } })
    await call('createApiKey', { as: ann, body: { name: 'own' } })
    const list = async (as: typeof root) =>
      (await call('listNotices', { as })).value['data'] as { id: string; text: string }[]
    const [notice, ...others] = await list(ann)
    expect(notice?.text).toContain('root@example.com made an API key named “robot” that acts as you.')
    expect([others, await list(root)]).toEqual([[], []])
    const away = (as: typeof root) => call('deleteNotice', { as, params: { id: notice?.id } })
    expect(await refusalOf(away(root))).toBe('not-found')
    await away(ann)
    expect(await list(ann)).toEqual([])
  })

  test('whoever leaves hands over what they own, by default to whoever deactivates; everybody is told', async () => {
    const handed: unknown[] = []
    const { call, root, person, identity } = await openOn(await open(), async (from, to) => {
      handed.push([from, to])
      return 2
    })
    const ended: unknown[] = []
    const stop = identity.onEnded((one) => void ended.push(one))
    const [ann, ben, cho] = [
      await person('ann@example.com'),
      await person('ben@example.com'),
      await person('cho@example.com'),
    ]
    const leave = (id: string, body: object = {}) =>
      call('updateUser', { as: root, params: { id }, body: { status: 'deactivated', ...body } })
    expect(await refusalOf(leave(ann.id, { hand_over_to: nobody }))).toEqual(['body.hand_over_to exists'])
    expect(await refusalOf(leave(ann.id, { hand_over_to: ann.id }))).toEqual(['body.hand_over_to exists'])
    expect(
      await refusalOf(
        call('updateUser', { as: root, params: { id: ann.id }, body: { hand_over_to: ben.id } }),
      ),
    ).toEqual(['body.hand_over_to not-with-status'])
    expect(handed).toEqual([])
    const { recorded } = await leave(ann.id, { hand_over_to: ben.id })
    expect(recorded).toMatchObject({ after: { handed_over: { count: 2, to: ben.id } } })
    await call('deleteUser', { as: root, params: { id: cho.id } })
    expect(handed).toEqual([
      [ann.id, ben.id],
      [cho.id, root.id],
    ])
    const { key } = await identity.keys.create({ ...personalPower(ben.id), name: 'x' })
    await identity.keys.revoke(key.id)
    expect(ended).toEqual([
      { kind: 'person', id: ann.id },
      // Deactivated before deleted.
      { kind: 'person', id: cho.id },
      { kind: 'person', id: cho.id },
      { kind: 'key', id: key.id },
    ])
    stop()
  })

  test('what leaves by a key of the workspace goes to who has been Super Admin the longest', async () => {
    const handed: unknown[] = []
    const { call, root, person, identity } = await openOn(await open(), async (from, to) => {
      handed.push([from, to])
      return 1
    })
    await identity.people.create({ email: 'later@example.com', roles: ['super_admin'] }, 'system')
    const { secret } = await identity.keys.create({
      kind: 'organization',
      userId: undefined,
      role: 'management',
      platformRole: 'super_admin',
      name: 'robot',
    })
    const robot = await identity.authenticate({
      authorization: undefined,
      apiKey: secret,
      cookie: undefined,
      ip: '192.0.2.1',
      takesOrganizationKeys: true,
    })
    const [ann, ben] = [await person('ann@example.com'), await person('ben@example.com')]
    const { recorded } = await call('updateUser', {
      as: robot,
      params: { id: ann.id },
      body: { status: 'deactivated' },
    })
    expect(recorded).toMatchObject({ after: { handed_over: { count: 1, to: root.id } } })
    await call('deleteUser', { as: robot, params: { id: ben.id } })
    expect(handed).toEqual([
      [ann.id, root.id],
      [ben.id, root.id],
    ])
  })
})
