import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import type { Connector } from '../kernel/connector.ts'
import { type Route, route } from '../kernel/route.ts'
import { scanners } from './finding.ts'
import type { GuardSettings, OwnSettings } from './settings.ts'

export const Sensitivity = z.enum(['low', 'medium', 'high'])
export const Action = z.enum(['allow', 'alert', 'mask', 'block'])

const scanner = z.enum(scanners)
const Own = z.strictObject({
  sensitivity: Sensitivity.optional(),
  actions: z.partialRecord(scanner, Action).optional(),
})

const Settings = z
  .object({
    sensitivity: Sensitivity,
    actions: z.record(scanner, Action),
    block_when_certain: z
      .boolean()
      .describe('An alert becomes a block where a rule and the score agree beyond doubt'),
    end_session: z.boolean().describe('A block ends the whole conversation, not only the call'),
    connectors: z
      .array(z.object({ server_id: z.string(), ...Own.shape }))
      .describe('Connectors that have something of their own'),
    detector_version: z.string(),
    calls: z.enum(['on', 'off']).describe('off: RUNLAYER_CALL_GUARDS=off, calls are not looked at'),
  })
  .meta({ id: 'GuardSettings' })

const Change = z
  .strictObject({
    ...Own.shape,
    block_when_certain: z.boolean().optional(),
    end_session: z.boolean().optional(),
  })
  .describe('What is left out stays as it is')
  .meta({ id: 'GuardSettingsChange' })

const ConnectorSettings = z
  .object({
    server_id: z.string(),
    own: Own.describe('What this connector has of its own'),
    effective: z.object({ sensitivity: Sensitivity, actions: z.record(scanner, Action) }),
  })
  .meta({ id: 'ConnectorGuardSettings' })

export type SettingsRouteParts = {
  readonly guards: {
    readonly version: string
    settings(): GuardSettings
    settingsOf(serverId: string): GuardSettings
    own(): ReadonlyMap<string, OwnSettings>
    changeSettings(settings: GuardSettings): Promise<void>
    changeOwn(serverId: string, own: OwnSettings | undefined): Promise<void>
  }
  /** Whether calls are looked at in this installation. */
  readonly callGuards: boolean
  /** Throws not-found for a connector that the caller may not know of. */
  visible(caller: Caller, id: string): Connector
}

export function settingsRoutes(parts: SettingsRouteParts): Route[] {
  return [...globalRoutes(parts), ...connectorRoutes(parts)]
}

function show({ guards, callGuards }: SettingsRouteParts): z.input<typeof Settings> {
  const { sensitivity, actions, blockWhenCertain, endSession } = guards.settings()
  return {
    sensitivity,
    actions: { ...actions },
    block_when_certain: blockWhenCertain,
    end_session: endSession,
    connectors: [...guards.own()].map(([id, own]) => ({ server_id: id, ...showOwn(own) })),
    detector_version: guards.version,
    calls: callGuards ? 'on' : 'off',
  }
}

const showOwn = ({ sensitivity, actions }: OwnSettings): z.input<typeof Own> => ({
  ...(sensitivity === undefined ? {} : { sensitivity }),
  ...(actions === undefined ? {} : { actions: { ...actions } }),
})

const globalRoute = {
  path: '/api/v1/security/settings',
  tag: 'Security',
  output: Settings,
  status: 200,
} as const

function globalRoutes(parts: SettingsRouteParts): Route[] {
  const { guards } = parts
  return [
    route({
      ...globalRoute,
      method: 'GET',
      operationId: 'getGuardSettings',
      summary: 'How strict the guards are',
      needs: 'policies.read',
      run: async () => show(parts),
    }),
    route({
      ...globalRoute,
      method: 'PUT',
      operationId: 'updateGuardSettings',
      summary: 'Change how strict the guards are; holds from the next call',
      needs: 'policies.write',
      audit: { action: 'guard_settings_updated', resourceType: 'guard_settings' },
      body: Change,
      async run(context, { body }) {
        const before = show(parts)
        const old = guards.settings()
        await guards.changeSettings({
          sensitivity: body.sensitivity ?? old.sensitivity,
          actions: { ...old.actions, ...body.actions },
          blockWhenCertain: body.block_when_certain ?? old.blockWhenCertain,
          endSession: body.end_session ?? old.endSession,
        })
        const after = show(parts)
        context.record({ resourceId: 'global', before, after })
        return after
      },
    }),
  ]
}

const ofConnector = {
  path: '/api/v1/servers/{id}/security-settings',
  tag: 'Security',
  params: z.object({ id: z.uuid() }),
  output: ConnectorSettings,
  status: 200,
} as const

function connectorRoutes(parts: SettingsRouteParts): Route[] {
  const { guards } = parts
  const showOf = (id: string): z.input<typeof ConnectorSettings> => {
    const { sensitivity, actions } = guards.settingsOf(id)
    return {
      server_id: id,
      own: showOwn(guards.own().get(id) ?? {}),
      effective: { sensitivity, actions: { ...actions } },
    }
  }
  return [
    route({
      ...ofConnector,
      method: 'GET',
      operationId: 'getServerGuardSettings',
      summary: 'How strict the guards are with one connector',
      needs: 'policies.read',
      run: async (context, { params }) => showOf(parts.visible(context.caller, params.id).id),
    }),
    route({
      ...ofConnector,
      method: 'PUT',
      operationId: 'updateServerGuardSettings',
      summary: 'Give a connector settings of its own; what is left out follows the global ones',
      needs: 'policies.write',
      audit: { action: 'guard_settings_updated', resourceType: 'guard_settings' },
      body: Own.meta({ id: 'ConnectorGuardSettingsChange' }),
      async run(context, { params, body }) {
        const { id } = parts.visible(context.caller, params.id)
        const before = showOf(id)
        await guards.changeOwn(id, body)
        context.record({ resourceId: id, before, after: showOf(id) })
        return showOf(id)
      },
    }),
    route({
      ...ofConnector,
      method: 'DELETE',
      operationId: 'deleteServerGuardSettings',
      summary: 'Let a connector follow the global settings again',
      needs: 'policies.write',
      audit: { action: 'guard_settings_deleted', resourceType: 'guard_settings' },
      async run(context, { params }) {
        const { id } = parts.visible(context.caller, params.id)
        const before = showOf(id)
        await guards.changeOwn(id, undefined)
        context.record({ resourceId: id, before })
        return showOf(id)
      },
    }),
  ]
}
