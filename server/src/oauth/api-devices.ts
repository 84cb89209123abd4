import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import { type Route, route } from '../kernel/route.ts'
import type { Devices, WaitingDevice } from './ask-for-device.ts'

const UserCode = z.string().min(1).max(20).describe('As the device shows it; case and dashes do not matter')
const Entered = z.strictObject({ user_code: UserCode }).meta({ id: 'DeviceCode' })

const Shown = z
  .object({
    client: z.object({ id: z.string(), name: z.string() }),
    resources: z.array(z.object({ uri: z.string(), name: z.string() })),
    from_ip: z.string().describe('Where the device asked from'),
    from_user_agent: z.string(),
  })
  .meta({ id: 'WaitingDevice' })

export type DeviceRoutesParts = { devices: Devices; resourceName(resource: string, caller: Caller): string }

/** A device shows a code; its person enters it in the console and decides. */
export function deviceRoutes({ devices, resourceName }: DeviceRoutesParts): Route[] {
  const path = '/api/v1/oauth/device'
  const common = { tag: 'OAuth', needs: 'anyone' as const, output: Shown, status: 200 as const }
  const show = ({ client, resources, from }: WaitingDevice, caller: Caller) => ({
    client: { id: client.id, name: client.name },
    resources: resources.map((uri) => ({ uri, name: resourceName(uri, caller) })),
    from_ip: from.ip,
    from_user_agent: from.userAgent,
  })
  const facts = ({ client, from }: WaitingDevice) => ({
    resourceId: client.id.slice(0, 200),
    after: { client_name: client.name, redirect_uri: 'device', from_ip: from.ip },
  })
  return [
    route({
      ...common,
      method: 'GET',
      path,
      operationId: 'getWaitingDevice',
      summary: 'The device that waits with this code',
      query: z.object({ user_code: UserCode }),
      run: async ({ caller }, { query }) => show(await devices.show(query.user_code, caller), caller),
    }),
    ...(['agree', 'refuse'] as const).map((answer) =>
      route({
        ...common,
        method: 'POST',
        path: `${path}/${answer}`,
        operationId: answer === 'agree' ? 'agreeToDevice' : 'refuseDevice',
        summary: answer === 'agree' ? 'Let this device act for you' : 'Send this device away',
        audit: {
          action: answer === 'agree' ? 'oauth_client_connected' : 'oauth_client_refused',
          resourceType: 'oauth_client',
        },
        body: Entered,
        async run({ caller, record }, { body }) {
          const waiting = await devices[answer](body.user_code, caller)
          record(facts(waiting))
          return show(waiting, caller)
        },
      }),
    ),
  ]
}
