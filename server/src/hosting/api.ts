import { z } from 'zod'
import type { Caller } from '../kernel/caller.ts'
import type { Connector, PinnedPackage } from '../kernel/connector.ts'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type ServerId } from '../kernel/ids.ts'
import { type Route, route } from '../kernel/route.ts'
import { compareTools } from './compare-tools.ts'
import type { ProcessHosting } from './hosting.ts'

const ServerParams = z.object({ id: z.string() })
const PackageVersion = z.object({ name: z.string(), version: z.string(), integrity: z.string() })
const PackageUpdate = z
  .object({
    current: PackageVersion.nullable(),
    /** null: what the connector asks for is what it runs. */
    proposed: PackageVersion.extend({ id: z.string() }).nullable(),
    tools: z.array(
      z.object({
        name: z.string(),
        change: z.enum(['added', 'removed', 'changed']),
        before: z.string().nullable(),
        after: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'PackageUpdate' })
const PackageUpdateAcceptance = z
  .strictObject({ proposed_id: z.string().min(1).max(400) })
  .meta({ id: 'PackageUpdateAcceptance' })

export type PackageRoutesParts = {
  hosting: ProcessHosting
  /** Throws not-found for what the caller may not know of. */
  visible(caller: Caller, id: string): Connector
  /** Definitions of the tools as approved, JSON texts. */
  approvedDefinitions(id: ServerId): readonly string[]
  /** Starts `trial` with the credential of `connector` and asks for its tools, changing nothing that is stored. */
  listDefinitions(trial: Connector, connector: Connector, caller: Caller): Promise<readonly string[]>
  /** Ends the sessions of a trial. */
  forget(id: ServerId): Promise<void>
  /** Pins the package and learns the tools; says how the connector fares. */
  repin(id: ServerId, pinned: PinnedPackage, caller: Caller): Promise<Connector>
}

/** Updates of pinned npm packages: never by themselves, first as a proposal that shows what would change (T22). */
export function packageRoutes(parts: PackageRoutesParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/servers/{id}/package-update',
      operationId: 'proposePackageUpdate',
      tag: 'Connectors',
      summary: 'Resolve the package anew, install it beside the pinned one and show how its tools differ',
      needs: 'connectors.write',
      audit: { action: 'package_update_proposed', resourceType: 'server' },
      params: ServerParams,
      output: PackageUpdate,
      status: 200,
      async run(context, { params }) {
        const connector = parts.visible(context.caller, params.id)
        const proposed = await parts.hosting.resolvePackage(connector)
        const same = proposed.folder === connector.pinned?.folder
        const tools = same ? [] : await tryPackage(parts, connector, proposed, context.caller)
        const update = {
          current: connector.pinned === undefined ? null : shown(connector.pinned),
          proposed: same ? null : { ...shown(proposed), id: proposed.folder },
        }
        context.record({ resourceId: connector.id, after: update })
        return { ...update, tools }
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/servers/{id}/package-update/accept',
      operationId: 'acceptPackageUpdate',
      tag: 'Connectors',
      summary: 'Run the proposed package version from now on',
      needs: 'connectors.write',
      audit: { action: 'package_update_accepted', resourceType: 'server' },
      params: ServerParams,
      body: PackageUpdateAcceptance,
      output: PackageUpdate,
      status: 200,
      async run(context, { params, body }) {
        const before = parts.visible(context.caller, params.id)
        const pinned = await parts.hosting.findPackage(before, body.proposed_id)
        if (pinned === undefined) {
          const msg = 'This is not a proposal for this connector; ask for one first.'
          throw new GatewayError('invalid-field', msg, {
            errors: [{ loc: 'body.proposed_id', rule: 'exists', msg }],
          })
        }
        context.record({
          resourceId: before.id,
          before: before.pinned && shown(before.pinned),
          after: shown(pinned),
        })
        await parts.repin(before.id, pinned, context.caller)
        return { current: shown(pinned), proposed: null, tools: [] }
      },
    }),
  ]
}

/** Under an id of its own, so that no session of the running version is used or disturbed. */
async function tryPackage(
  parts: PackageRoutesParts,
  connector: Connector,
  proposed: PinnedPackage,
  caller: Caller,
) {
  const trial: Connector = { ...connector, id: newId<'server'>(), pinned: proposed }
  try {
    return compareTools(
      parts.approvedDefinitions(connector.id),
      await parts.listDefinitions(trial, connector, caller),
    )
  } finally {
    await parts.forget(trial.id)
    await parts.hosting.stopAll(trial.id)
    parts.hosting.forgetLog(trial.id)
  }
}

function shown({ name, version, integrity }: PinnedPackage) {
  return { name, version, integrity }
}
