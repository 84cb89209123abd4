import type { Provider } from 'oidc-provider'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import { documentHashOf, findClient } from './ask-person.ts'
import { hourlyLimit } from './limit-hourly.ts'
import { type GrantParts, makeGrant } from './make-grant.ts'

/** A device or command line that shows a code and waits (RFC 8628). */
export type WaitingDevice = {
  readonly client: { id: string; name: string; hash: string }
  readonly resources: readonly string[]
  readonly scopes: readonly string[]
  readonly from: { ip: string; userAgent: string }
}

export type Devices = {
  /** Throws not-found for a code nobody waits with, rate-limited for a person who tries many. */
  show(userCode: string, caller: Caller): Promise<WaitingDevice>
  agree(userCode: string, caller: Caller): Promise<WaitingDevice>
  refuse(userCode: string, caller: Caller): Promise<WaitingDevice>
}

const triesPerHour = 60
type DeviceCode = NonNullable<Awaited<ReturnType<Provider['DeviceCode']['findByUserCode']>>>

export function openDevices(parts: GrantParts): Devices {
  const mayTry = hourlyLimit(triesPerHour, parts.now)
  const load = async (userCode: string, caller: Caller): Promise<DeviceCode> => {
    if (!mayTry(caller.id)) throw new GatewayError('rate-limited', 'Too many codes were tried. Wait an hour.')
    const code = await parts.provider.DeviceCode.findByUserCode(
      userCode.toUpperCase().replace(/[^A-Z0-9]/g, ''),
    )
    if (code === undefined || code.isExpired || code.accountId !== undefined || code.error !== undefined)
      throw new GatewayError(
        'not-found',
        'Nothing waits with this code: it is mistyped, used, or older than ten minutes.',
      )
    return code
  }
  return {
    show: async (userCode, caller) => readDevice(parts, await load(userCode, caller)),
    async agree(userCode, caller) {
      const code = await load(userCode, caller)
      const waiting = await readDevice(parts, code)
      const [only] = waiting.resources
      const grantId = await makeGrant(parts, caller, { ...waiting, redirectUri: 'device' })
      Object.assign(code, {
        accountId: caller.id,
        grantId,
        scope: waiting.scopes.join(' '),
        authTime: Math.floor(parts.now() / 1000),
        resource: waiting.resources.length === 1 ? only : [...waiting.resources],
      })
      await code.save()
      return waiting
    },
    async refuse(userCode, caller) {
      const code = await load(userCode, caller)
      Object.assign(code, { error: 'access_denied', errorDescription: 'the person refused' })
      await code.save()
      return readDevice(parts, code)
    },
  }
}

async function readDevice({ provider, base }: GrantParts, code: DeviceCode): Promise<WaitingDevice> {
  const client = await findClient(provider, code.clientId ?? '')
  if (client === undefined) throw new GatewayError('not-found', 'The client that waits is no longer known.')
  const { resource, scope } = (code.params ?? {}) as { resource?: string | string[]; scope?: string }
  const info = (code as { deviceInfo?: { ip?: string; userAgent?: string } }).deviceInfo
  return {
    client: { id: client.clientId, name: client.clientName ?? '', hash: documentHashOf(client) },
    resources: [resource ?? `${base}/mcp`].flat(),
    scopes: (scope ?? '').split(' '),
    from: { ip: info?.ip ?? '', userAgent: info?.userAgent ?? '' },
  }
}
