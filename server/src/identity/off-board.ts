import { GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Author, People } from './change-people.ts'
import type { Person } from './person.ts'
import type { PersonChange } from './store.ts'

/** What a person leaves behind: ended, and handed over. */
export type Leaving = {
  readonly grantsEnded: number
  /** Connectors they had entered values of their own at. */
  readonly valuesEnded: number
  readonly handedOver: number
  readonly heir: UserId | undefined
}

/**
 * Changes of people with everything that follows when one of them leaves. Sessions, keys and links end with the change
 * itself, open streams with the notice of it; connected AI clients, delegations, what they were granted at upstreams, their
 * own values there, their ways to sign in and what they own are seen to here. Each is tried whatever becomes of the others,
 * and doing the same again ends what was left.
 */
export type OffBoarding = {
  /**
   * Throws like people.update, and not-finished when something could not be ended. Without an heir, what somebody
   * deactivated owns stays theirs.
   */
  update(
    id: UserId,
    change: PersonChange,
    o: Charge,
  ): Promise<{ before: Person; after: Person; leaving: Leaving | undefined }>
  /** Deactivates first, and deletes nobody of whom something is left: throws like update. */
  remove(id: UserId, o: Charge): Promise<Leaving>
  /** Who takes over when nobody says: this person if they are active, else whoever has been Super Admin the longest. */
  heirOf(leaver: UserId, preferred: UserId | undefined): Promise<UserId | undefined>
}

export type Charge = { by: Author; heir: UserId | undefined }

export type OffBoardingParts = {
  people: People
  superAdminBesides(id: UserId): Promise<UserId | undefined>
  /** Make what one person owns another's; answer how many things. */
  handOver: readonly ((from: UserId, to: UserId) => Promise<number>)[]
  /** Forgets passwords, authenticator apps and passkeys: whoever comes back begins with a link. */
  endWays(id: UserId): Promise<void>
  /** Forgets what their identity provider gave at the last sign-in. */
  endKeptSignIn(id: UserId): Promise<void>
  /** Ends what AI clients they connected were given. */
  endClients(id: UserId): Promise<void>
  /** Ends what agents may do for them. */
  endDelegations(id: UserId): Promise<void>
  /** Ends what a person was granted at upstreams; answers how many grants. */
  endGrants(id: UserId): Promise<number>
  /** Forgets a person's own values at connectors; answers at how many. */
  endValues(id: UserId): Promise<number>
}

export function openOffBoarding(parts: OffBoardingParts): OffBoarding {
  const { people, superAdminBesides } = parts
  const deactivate = async (id: UserId, change: PersonChange, { by, heir }: Charge) => {
    const trial = openTrial()
    const done = await trial.try('sessions and keys', () => refusing(people.update(id, change, by)))
    if (done !== undefined && 'refused' in done) throw done.refused
    // Whoever still works here keeps what they own.
    const leaving = await leave(parts, trial, { id, heir: done === undefined ? undefined : heir })
    if (done === undefined || trial.failed.length > 0) throw notFinished(trial.failed)
    return { ...done, leaving }
  }
  return {
    async update(id, change, charge) {
      if (change.status === 'deactivated') return deactivate(id, change, charge)
      return { ...(await people.update(id, change, charge.by)), leaving: undefined }
    },
    async remove(id, charge) {
      const { leaving } = await deactivate(id, { status: 'deactivated' }, charge)
      await people.remove(id, charge.by)
      return leaving
    },
    async heirOf(leaver, preferred) {
      const wanted =
        preferred === undefined || preferred === leaver ? undefined : await people.find(preferred)
      return wanted?.status === 'active' ? wanted.id : superAdminBesides(leaver)
    },
  }
}

async function leave(
  parts: OffBoardingParts,
  trial: Trial,
  { id, heir }: { id: UserId; heir: UserId | undefined },
): Promise<Leaving> {
  await trial.try('ways to sign in', () => parts.endWays(id))
  await trial.try('what their identity provider gave', () => parts.endKeptSignIn(id))
  await trial.try('connected AI clients', () => parts.endClients(id))
  await trial.try('delegations', () => parts.endDelegations(id))
  const grantsEnded = (await trial.try('grants at upstreams', () => parts.endGrants(id))) ?? 0
  const valuesEnded = (await trial.try('values at connectors', () => parts.endValues(id))) ?? 0
  let handedOver = 0
  if (heir !== undefined)
    for (const handOver of parts.handOver)
      handedOver += (await trial.try('handing over', () => handOver(id, heir))) ?? 0
  return { grantsEnded, valuesEnded, handedOver, heir }
}

type Failed = { readonly what: string; readonly error: unknown }
type Trial = ReturnType<typeof openTrial>

function openTrial() {
  const failed: Failed[] = []
  return {
    failed: failed as readonly Failed[],
    async try<T>(what: string, step: () => Promise<T>): Promise<T | undefined> {
      try {
        return await step()
      } catch (error) {
        failed.push({ what, error })
        return undefined
      }
    },
  }
}

/** A refusal of the change itself is an answer: then nobody leaves. */
async function refusing<T>(change: Promise<T>): Promise<T | { refused: GatewayError }> {
  return change.catch((error: unknown) => {
    if (error instanceof GatewayError && error.fault !== 'gateway') return { refused: error }
    throw error
  })
}

function notFinished(failed: readonly Failed[]): GatewayError {
  const what = [...new Set(failed.map((one) => one.what))].join(', ')
  const errors = failed.map(({ error }) => error)
  return new GatewayError('not-finished', `This could not be ended: ${what}. The rest was.`, {
    cause: errors.length === 1 ? errors[0] : new AggregateError(errors, 'several steps failed'),
  })
}

/** For the audit of the change. */
export function showLeaving(leaving: Leaving | undefined) {
  if (leaving === undefined) return {}
  const { grantsEnded, valuesEnded, handedOver, heir } = leaving
  return {
    ...(grantsEnded === 0 ? {} : { grants_ended: grantsEnded }),
    ...(valuesEnded === 0 ? {} : { values_ended: valuesEnded }),
    ...(handedOver === 0 ? {} : { handed_over: { count: handedOver, to: heir } }),
  }
}
