import type { Keyring } from '../credentials/keyring.ts'
import type { Identity } from '../identity/identity.ts'
import { type FieldError, GatewayError } from '../kernel/errors.ts'
import { isUuid, newId } from '../kernel/ids.ts'
import { reachableGroups } from './apply-mapping.ts'
import type { keepOwnKeys } from './keep-own-keys.ts'
import type { Mapping, Provider, ProviderId } from './provider.ts'
import type { SsoStore, Written } from './store.ts'

export type ProviderDraft = Pick<
  Provider,
  | 'name'
  | 'settings'
  | 'domains'
  | 'createPeople'
  | 'linkByEmail'
  | 'trustEmail'
  | 'keepsSignIn'
  | 'shown'
  | 'mapping'
> & { secret: string | undefined }
/** `secret`: null takes it away. */
export type ProviderChange = Partial<Omit<ProviderDraft, 'secret'>> & {
  secret?: string | null
  enforced?: boolean
}

/** Identity providers as records. */
export type Providers = {
  list(): Promise<Provider[]>
  /** Throws not-found. */
  get(id: string): Promise<Provider>
  /** Throws conflict for a name or domain that is taken, invalid-field for a domain anybody can have an email of. */
  create(draft: ProviderDraft): Promise<Provider>
  /**
   * Forgets the test when how the provider is reached changes, which is refused while it is enforced; refuses to enforce
   * what was not tested.
   */
  update(id: string, change: ProviderChange): Promise<{ before: Provider; after: Provider }>
  remove(id: string): Promise<Provider>
  secretOf(provider: Pick<Provider, 'id'>): Promise<string | undefined>
}

const most = 50
/** Where anybody gets a mailbox: binding one of these would let anybody in. */
const everybodys = new Set(
  'aol.com gmail.com gmx.de gmx.net googlemail.com hotmail.com icloud.com live.com mail.com me.com msn.com outlook.com proton.me protonmail.com qq.com web.de yahoo.com yandex.ru'.split(
    ' ',
  ),
)
const bindOf = (id: ProviderId) => `sso-provider ${id}`

export function openProviders(o: {
  store: SsoStore
  keyring: Pick<Keyring, 'seal' | 'open'>
  identity: Pick<Identity, 'groupNames' | 'memberships'>
  ownKeysOf: ReturnType<typeof keepOwnKeys>
  now: () => number
}): Providers {
  const { store, keyring, identity, ownKeysOf, now } = o
  const get = async (id: string): Promise<Provider> => {
    const found = isUuid(id) ? await store.find(id as ProviderId) : undefined
    if (found === undefined)
      throw new GatewayError('not-found', 'There is no identity provider with this id.')
    return found
  }
  return {
    list: store.list,
    get,
    async create({ secret, ...draft }) {
      checkDomains(draft.domains)
      checkGroups(draft.mapping, await identity.groupNames())
      if ((await store.list()).length >= most)
        throw new GatewayError('conflict', `There are ${most} identity providers, which is the limit.`)
      const at = new Date(now())
      const id = newId<'sso_provider'>(at.getTime())
      const row = { ...draft, id, enforced: false, testedAt: undefined, testedBy: undefined }
      const sealed = secret === undefined ? undefined : keyring.seal(secret, bindOf(id))
      checkWritten(await store.insert({ ...row, createdAt: at, updatedAt: at }, sealed))
      if (draft.settings.kind === 'saml') await ownKeysOf({ id })
      return get(id)
    },
    async update(id, { secret, ...change }) {
      const before = await get(id)
      if (change.domains !== undefined) checkDomains(change.domains)
      if (change.mapping !== undefined) checkGroups(change.mapping, await identity.groupNames())
      const { hasSecret: _secret, ownCertificate: _own, ...kept } = before
      const isElsewhere = secret !== undefined || isReachedElsewhere(before, change)
      const wanted = {
        ...kept,
        ...change,
        ...(isElsewhere ? { testedAt: undefined, testedBy: undefined } : {}),
        // Later than before in any case, so that a test begun before the change cannot end after it.
        updatedAt: new Date(Math.max(now(), before.updatedAt.getTime() + 1)),
      }
      checkEnforced(before, wanted, isElsewhere)
      const sealed = typeof secret === 'string' ? keyring.seal(secret, bindOf(before.id)) : secret
      checkWritten(await store.update(wanted, sealed))
      if (change.mapping !== undefined) {
        // What no sign-in could give any more ends now.
        const reachable = reachableGroups(change.mapping)
        if (reachable !== undefined) await identity.memberships.end(before.id, reachable)
      }
      return { before, after: await get(id) }
    },
    async remove(id) {
      const before = await get(id)
      await store.remove(before.id)
      // They went with the provider; this tells whoever remembers them.
      await identity.memberships.end(before.id, [])
      return before
    },
    async secretOf({ id }) {
      const sealed = await store.sealedSecret(id)
      return sealed === undefined ? undefined : keyring.open(sealed, bindOf(id))
    },
  }
}

/** Whether a change leads to other servers, or makes us another client there. */
function isReachedElsewhere(before: Provider, change: ProviderChange): boolean {
  if (change.settings === undefined) return false
  return JSON.stringify(sorted(before.settings)) !== JSON.stringify(sorted(change.settings))
}

function sorted(settings: object): [string, unknown][] {
  return Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))
}

function checkEnforced(
  before: Provider,
  wanted: Pick<Provider, 'enforced' | 'testedAt' | 'domains' | 'name'>,
  isElsewhere: boolean,
): void {
  if (!wanted.enforced) return
  if (before.enforced && isElsewhere)
    throw new GatewayError(
      'conflict',
      `${wanted.name} is enforced: a mistake here would shut everybody out. Stop enforcing it, change it, test it, and enforce it again.`,
    )
  if (wanted.testedAt === undefined)
    throw new GatewayError('conflict', `${wanted.name} can be enforced once a test sign-in has succeeded.`)
  if (wanted.domains.length === 0)
    throw new GatewayError('conflict', `${wanted.name} has no domain whose people it could be enforced for.`)
}

function checkDomains(domains: readonly string[]): void {
  const errors: FieldError[] = domains.flatMap((domain, index) =>
    everybodys.has(domain)
      ? [{ loc: `body.domains.${index}`, rule: 'own-domain', msg: `Anybody can have an email of ${domain}.` }]
      : [],
  )
  if (errors.length > 0)
    throw new GatewayError('invalid-field', `${errors[0]?.loc}: ${errors[0]?.msg}`, { errors })
}

function checkGroups({ groups }: Mapping, known: ReadonlyMap<string, string>): void {
  const errors: FieldError[] = (groups?.rows ?? []).flatMap(({ groupId }, index) =>
    known.has(groupId)
      ? []
      : [
          {
            loc: `body.mapping.groups.rows.${index}.group_id`,
            rule: 'exists',
            msg: 'There is no such group.',
          },
        ],
  )
  if (errors.length > 0) throw new GatewayError('invalid-field', 'Some groups do not exist.', { errors })
}

function checkWritten(written: Written): void {
  if (written === 'missing')
    throw new GatewayError('not-found', 'There is no identity provider with this id.')
  if (written === 'name-taken')
    throw new GatewayError('conflict', 'Another identity provider already has this name.')
  if (written === 'domain-taken')
    throw new GatewayError('conflict', 'One of these domains belongs to another identity provider.')
}
