import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshServer } from '../support/fresh-server.ts'
import type { RunningServer } from '../support/server.ts'
import { postgresMissing, type StoreKind } from '../support/stores.ts'
import { addPerson } from '../support/world.ts'

/** SCIM over HTTP in the words that Entra ID and Okta send, from what they publish of their provisioning. */
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const userUrn = 'urn:ietf:params:scim:schemas:core:2.0:User'
const patchUrn = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

type Resource = Record<string, unknown> & { id: string; active: boolean }
type Answer<Body = Resource> = { status: number; headers: Headers; body: Body }
type List = { totalResults: number; startIndex: number; itemsPerPage: number; Resources: Resource[] }

const kinds: StoreKind[] = ['embedded', ...(postgresMissing() === undefined ? (['postgres'] as const) : [])]
describe.each(kinds)('on the %s store', (kind) => {
  let server: RunningServer
  let token = ''
  let tokenId = ''

  beforeAll(async () => {
    server = await freshServer({}, kind)
    const made = await server.api<{ id: string; secret: string }>('POST', '/api/v1/directory/tokens', {
      name: 'Entra',
    })
    token = made.secret
    tokenId = made.id
  }, 90_000)
  afterAll(async () => {
    await server?.remove()
  })

  async function scim<Body = Resource>(
    method: string,
    path: string,
    body?: object,
    bearer = token,
  ): Promise<Answer<Body>> {
    const reply = await fetch(new URL(`/scim/v2${path}`, server.url), {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/scim+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await reply.text()
    return {
      status: reply.status,
      headers: reply.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Body,
    }
  }
  const find = async (filter: string, kind = 'Users') =>
    (await scim<List>('GET', `/${kind}?filter=${encodeURIComponent(filter)}`)).body
  const patch = (path: string, ...Operations: object[]) =>
    scim('PATCH', path, { schemas: [patchUrn], Operations })
  const account = (id: string) => server.api<Record<string, unknown>>('GET', `/api/v1/users/${id}`)

  let made = 0
  /** As Entra ID creates somebody. */
  const person = (more: object = {}) => {
    const userName = `person${++made}@acme.example`
    return {
      schemas: [userUrn, enterprise],
      externalId: `ext-${made}`,
      userName,
      active: true,
      displayName: `Person ${made}`,
      emails: [{ primary: true, type: 'work', value: userName }],
      meta: { resourceType: 'User' },
      name: { formatted: `Person ${made}`, familyName: `${made}`, givenName: 'Person' },
      title: 'Analyst',
      [enterprise]: { department: 'Finance', manager: { value: 'boss@acme.example' } },
      ...more,
    }
  }

  describe('what the directory is told about the server', () => {
    test('its abilities, schemas and resource types', async () => {
      const config = await scim('GET', '/ServiceProviderConfig')
      expect(config.headers.get('content-type')).toMatch(/^application\/scim\+json/)
      expect(config.body).toMatchObject({ patch: { supported: true }, bulk: { supported: false } })
      const { body: types } = await scim<List>('GET', '/ResourceTypes')
      expect(types.Resources.map(({ id }) => id)).toEqual(['User', 'Group'])
      const { body: schemas } = await scim<List>('GET', '/Schemas')
      expect(schemas.Resources.map(({ id }) => id)).toEqual([
        userUrn,
        enterprise,
        expect.stringContaining('Group'),
      ])
      expect((await scim('GET', `/Schemas/${enterprise}`)).body).toMatchObject({
        id: enterprise,
        name: 'EnterpriseUser',
      })
      for (const path of ['/Nothing', '/Users/x/y', '/Schemas/x'])
        expect((await scim('GET', path)).status).toBe(404)
      expect((await scim('POST', '/Schemas', {})).status).toBe(405)
    })
  })

  describe('Entra ID', () => {
    test('probes for somebody who is not there, creates them, finds them, and gets back what it sent', async () => {
      expect(await find('userName eq "nobody@acme.example"')).toMatchObject({
        totalResults: 0,
        Resources: [],
      })
      const sent = person()
      const { status, body, headers } = await scim('POST', '/Users', sent)
      expect(status).toBe(201)
      expect(headers.get('location')).toBe(`http://localhost:${server.url.port}/scim/v2/Users/${body.id}`)
      expect(body).toMatchObject({ ...sent, meta: { resourceType: 'User' } })
      const found = await find(`userName eq "${sent.userName.toUpperCase()}"`)
      expect(found).toMatchObject({
        totalResults: 1,
        startIndex: 1,
        itemsPerPage: 1,
        Resources: [{ id: body.id }],
      })
      expect((await find(`externalId eq "${sent.externalId}"`)).Resources).toMatchObject([{ id: body.id }])
      expect((await find(`emails[type eq "work"].value eq "${sent.userName}"`)).Resources).toMatchObject([
        { id: body.id },
      ])
      expect(await account(body.id)).toMatchObject({
        email: sent.userName,
        name: sent.displayName,
        roles: ['user'],
        attributes: { department: ['Finance'], title: ['Analyst'], manager: ['boss@acme.example'] },
      })
      expect((await scim('POST', '/Users', sent)).body).toMatchObject({
        status: '409',
        scimType: 'uniqueness',
      })
    })

    test('changes one thing at a time in its own spelling', async () => {
      const { body } = await scim('POST', '/Users', person())
      const { body: boss } = await scim('POST', '/Users', person())
      const path = `/Users/${body.id}`
      const answer = await patch(
        path,
        { op: 'Replace', path: 'displayName', value: 'New Name' },
        { op: 'Add', path: `${enterprise}:department`, value: 'Legal' },
        { op: 'Add', path: `${enterprise}:manager`, value: boss.id },
        { op: 'Replace', path: 'emails[type eq "work"].value', value: 'renamed@acme.example' },
        { op: 'Add', path: 'phoneNumbers[type eq "work"].value', value: '5' },
        { op: 'Replace', path: 'name.givenName', value: 'Newly' },
        { op: 'Add', path: 'roles', value: [{ value: 'super_admin' }] },
      )
      expect(answer).toMatchObject({
        status: 200,
        body: { displayName: 'New Name', name: { givenName: 'Newly' } },
      })
      expect(await account(body.id)).toMatchObject({
        email: 'renamed@acme.example',
        name: 'New Name',
        roles: ['user'],
        attributes: { department: ['Legal'], title: ['Analyst'], manager: [String(boss['userName'])] },
      })
      await patch(path, { op: 'Remove', path: `${enterprise}:department` }, { op: 'remove', path: 'title' })
      expect(await account(body.id)).toMatchObject({ attributes: { manager: [boss['userName']] } })
      expect((await account(body.id))['attributes']).not.toHaveProperty('department')
    })

    test('deactivates with a word for a boolean, and everything of the person ends; reactivation brings back no key', async () => {
      const { body } = await scim('POST', '/Users', person())
      const key = await server.api<{ secret: string }>('POST', '/api/v1/api-keys', {
        name: 'k',
        user_id: body.id,
      })
      const status = async () =>
        (
          await fetch(new URL('/api/v1/users/me', server.url), {
            headers: { authorization: `Bearer ${key.secret}` },
          })
        ).status
      expect(await status()).toBe(200)
      const off = await patch(`/Users/${body.id}`, { op: 'Replace', path: 'active', value: 'False' })
      expect(off).toMatchObject({ status: 200, body: { active: false } })
      expect(await status()).toBe(401)
      expect((await find(`userName eq "${body['userName']}" and active eq false`)).totalResults).toBe(1)
      const on = await patch(`/Users/${body.id}`, { op: 'Replace', path: 'active', value: 'True' })
      expect(on.body.active).toBe(true)
      expect(await status()).toBe(401)
    })

    test('keeps groups: created, filled, emptied one by one, renamed and deleted', async () => {
      const [one, two] = [
        (await scim('POST', '/Users', person())).body.id,
        (await scim('POST', '/Users', person())).body.id,
      ]
      const groupUrn = 'urn:ietf:params:scim:schemas:core:2.0:Group'
      const { status, body } = await scim('POST', '/Groups', {
        schemas: [groupUrn],
        externalId: 'g1',
        displayName: 'Finance team',
      })
      expect(status).toBe(201)
      const path = `/Groups/${body.id}`
      expect(
        (await patch(path, { op: 'Add', path: 'members', value: [{ value: one }, { value: two }] })).status,
      ).toBe(200)
      expect((await account(one))['group_ids']).toEqual([body.id])
      await patch(path, { op: 'Remove', path: `members[value eq "${one}"]` })
      await patch(path, { op: 'Replace', path: 'displayName', value: 'Finance' })
      const shown = (await scim('GET', path)).body
      expect(shown).toMatchObject({ displayName: 'Finance', members: [{ value: two }] })
      expect((await scim('GET', `${path}?excludedAttributes=members`)).body).not.toHaveProperty('members')
      await patch(path, { op: 'Remove', path: 'members', value: [{ value: two }] })
      expect((await account(two))['group_ids']).toEqual([])
      expect((await find('displayName eq "finance"', 'Groups')).Resources).toMatchObject([
        { id: body.id, externalId: 'g1' },
      ])
      expect(
        (await patch(path, { op: 'Add', path: 'members', value: [{ value: tokenId }] })).body,
      ).toMatchObject({ status: '400' })
      expect((await scim('DELETE', path)).status).toBe(204)
      expect((await scim('GET', path)).status).toBe(404)
    })
  })

  describe('Okta', () => {
    test('puts whole people, and deactivates with a value that has no path', async () => {
      const sent = person({ password: 'let go by', groups: [], locale: 'en-US' })
      const { body } = await scim('POST', '/Users', sent)
      const { title: _title, ...untitled } = sent
      const put = await scim('PUT', `/Users/${body.id}`, {
        ...untitled,
        id: body.id,
        [enterprise]: { department: 'Sales' },
      })
      expect(put).toMatchObject({ status: 200, body: { [enterprise]: { department: 'Sales' } } })
      expect((await account(body.id))['attributes']).toEqual({ department: ['Sales'] })
      const off = await patch(`/Users/${body.id}`, { op: 'replace', value: { active: false } })
      expect(off.body.active).toBe(false)
      const { body: group } = await scim('POST', '/Groups', {
        displayName: 'Okta group',
        members: [{ value: body.id, display: 'x' }],
      })
      const renamed = await patch(`/Groups/${group.id}`, {
        op: 'replace',
        value: { id: group.id, displayName: 'Okta renamed' },
      })
      expect(renamed.body).toMatchObject({ displayName: 'Okta renamed', members: [{ value: body.id }] })
    })

    test('reads everybody page by page', async () => {
      const all = (await scim<List>('GET', '/Users?startIndex=1&count=200')).body
      expect(all.totalResults).toBe(all.Resources.length)
      const ids: string[] = []
      for (let startIndex = 1; ids.length < all.totalResults; startIndex += 3) {
        const page = (await scim<List>('GET', `/Users?startIndex=${startIndex}&count=3`)).body
        expect(page).toMatchObject({ totalResults: all.totalResults, startIndex })
        ids.push(...page.Resources.map(({ id }) => id))
      }
      expect(ids).toEqual(all.Resources.map(({ id }) => id))
      expect((await scim<List>('GET', '/Users?count=0')).body).toMatchObject({
        totalResults: all.totalResults,
        Resources: [],
      })
    })
  })

  describe('what a directory may not do', () => {
    test('take the account of somebody with a role, or send away the last Super Admin, whose refusal says why', async () => {
      const { Resources } = await find('userName eq "admin@example.com"')
      const id = Resources[0]?.id ?? ''
      const off = await patch(`/Users/${id}`, { op: 'replace', value: { active: false } })
      expect(off).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining('last active Super Admin') },
      })
      expect((await scim('DELETE', `/Users/${id}`)).status).toBe(409)
      const renamed = await patch(`/Users/${id}`, {
        op: 'replace',
        path: 'emails[type eq "work"].value',
        value: 'evil@example.com',
      })
      expect(renamed).toMatchObject({ status: 403, body: { detail: expect.stringContaining('Super Admin') } })
      expect(await account(id)).toMatchObject({
        email: 'admin@example.com',
        status: 'active',
        roles: ['super_admin'],
      })
    })

    test('touch groups made by hand', async () => {
      const group = await server.api<{ id: string }>('POST', '/api/v1/groups', { name: 'By hand' })
      expect((await find('displayName eq "By hand"', 'Groups')).totalResults).toBe(0)
      expect(
        (await patch(`/Groups/${group.id}`, { op: 'replace', value: { displayName: 'x' } })).status,
      ).toBe(404)
      expect((await scim('POST', '/Groups', { displayName: 'by hand' })).status).toBe(409)
    })

    test.each([
      ['a filter nobody understands', '/Users?filter=nothing', 'invalidFilter'],
      [
        'a filter on what is not kept',
        `/Users?filter=${encodeURIComponent('phoneNumbers.value eq "5"')}`,
        'invalidFilter',
      ],
      [
        'an order that is not offered',
        `/Users?filter=${encodeURIComponent('userName gt "a"')}`,
        'invalidFilter',
      ],
      ['a page that is no number', '/Users?count=many', 'invalidValue'],
    ])('ask by %s', async (_name, path, scimType) => {
      expect((await scim('GET', path)).body).toMatchObject({ status: '400', scimType })
    })

    test.each([
      ['nobody', {}, 'invalidValue'],
      ['somebody without an email', { userName: 'plain' }, 'invalidValue'],
      ['somebody half active', { userName: 'half@acme.example', active: 'perhaps' }, 'invalidValue'],
    ])('create %s', async (_name, body, scimType) => {
      expect((await scim('POST', '/Users', body)).body).toMatchObject({ status: '400', scimType })
    })

    test('send text that is no JSON, or in another media type', async () => {
      const send = async (type: string) =>
        (
          await fetch(new URL('/scim/v2/Users', server.url), {
            method: 'POST',
            headers: { authorization: `Bearer ${token}`, 'content-type': type },
            body: '{"userName": "a@b.c", "userName": "d@e.f"}',
          })
        ).status
      expect([await send('application/scim+json'), await send('text/plain')]).toEqual([400, 415])
    })
  })

  describe('a provisioning token', () => {
    test('opens SCIM and nothing else, is its own actor in the audit, and shows what came last', async () => {
      const { body } = await scim('POST', '/Users', person())
      await patch(`/Users/${body.id}`, { op: 'replace', value: { active: false } })
      await scim('POST', '/Users', {})
      for (const path of ['/api/v1/users/me', '/api/v1/users', '/mcp']) {
        const reply = await fetch(new URL(path, server.url), {
          headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
        })
        expect([path, reply.status]).toEqual([path, 401])
      }
      const { data } = await server.api<{ data: Record<string, unknown>[] }>(
        'GET',
        `/api/v1/audit-logs?resource_id=${body.id}`,
      )
      expect(data.map(({ action, outcome, actor }) => ({ action, outcome, actor }))).toEqual(
        ['user_updated', 'user_created'].map((action) => ({
          action,
          outcome: 'success',
          actor: expect.objectContaining({ type: 'provisioning_token', id: tokenId }),
        })),
      )
      const { data: tokens } = await server.api<{ data: Record<string, unknown>[] }>(
        'GET',
        '/api/v1/directory/tokens',
      )
      expect(tokens).toMatchObject([
        {
          name: 'Entra',
          last_used_at: expect.any(String),
          last_change: `${body['userName']} deactivated`,
          last_error: 'userName is missing.',
        },
      ])
      expect(JSON.stringify(tokens)).not.toContain(token)
    })

    test('is refused from the moment it is revoked, and only a Super Admin makes one', async () => {
      const it = await addPerson(server, 'it-admin')
      await server.api('PATCH', `/api/v1/users/${it.id}`, { roles: ['it_admin'] })
      await expect(server.api('POST', '/api/v1/directory/tokens', { name: 'x' }, it.key)).rejects.toThrow(
        /^403/,
      )
      expect(
        (await server.api<{ data: unknown[] }>('GET', '/api/v1/directory/tokens', undefined, it.key)).data,
      ).toHaveLength(1)
      const second = await server.api<{ id: string; secret: string }>('POST', '/api/v1/directory/tokens', {
        name: 'second',
      })
      expect((await scim('GET', '/Users?count=0', undefined, second.secret)).status).toBe(200)
      await server.api('DELETE', `/api/v1/directory/tokens/${second.id}`)
      const refused = await scim('GET', '/Users?count=0', undefined, second.secret)
      expect(refused).toMatchObject({ status: 401, body: { status: '401' } })
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer /)
    })

    test('is guessed so often and no more, which shuts no directory out that was right before', async () => {
      const guess = () => scim('GET', '/Users?count=0', undefined, `rl_scim_${'x'.repeat(43)}`)
      const answers: number[] = []
      for (let round = 0; round < 45 && !answers.includes(429); round++)
        answers.push(...(await Promise.all(Array.from({ length: 25 }, guess))).map(({ status }) => status))
      expect(new Set(answers)).toEqual(new Set([401, 429]))
      expect((await scim('GET', '/Users?count=0')).status).toBe(200)
    })
  })
})
