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
 * itself, connected AI clients and open streams with the notice of it; what they were granted at upstreams,
 * their own values there, their ways to sign in and what they own are seen to here.
 */
export type OffBoarding = {
  /** Throws like people.update. Without an heir, what somebody deactivated owns stays theirs. */
  update(
    id: UserId,
    change: PersonChange,
    o: Charge,
  ): Promise<{ before: Person; after: Person; leaving: Leaving | undefined }>
  /** Throws like people.remove. */
  remove(id: UserId, o: Charge): Promise<Leaving>
  /** Who takes over when nobody says: this person if they are active, else whoever has been Super Admin the longest. */
  heirOf(leaver: UserId, preferred: UserId | undefined): Promise<UserId | undefined>
}

export type Charge = { by: Author; heir: UserId | undefined }

export type OffBoardingParts = {
  people: People
  superAdminBesides(id: UserId): Promise<UserId | undefined>
  /** Makes what one person owns another's; answers how many things. */
  handOver(from: UserId, to: UserId): Promise<number>
  /** Ends what a person was granted at upstreams; answers how many grants. */
  endGrants(id: UserId): Promise<number>
  /** Forgets a person's own values at connectors; answers at how many. */
  endValues(id: UserId): Promise<number>
  /** Forgets passwords, authenticator apps and passkeys: whoever comes back begins with a link. */
  endWays(id: UserId): Promise<void>
}

export function openOffBoarding(parts: OffBoardingParts): OffBoarding {
  const { people, superAdminBesides } = parts
  const leave = async (id: UserId, heir: UserId | undefined): Promise<Leaving> => {
    await parts.endWays(id)
    return {
      grantsEnded: await parts.endGrants(id),
      valuesEnded: await parts.endValues(id),
      handedOver: heir === undefined ? 0 : await parts.handOver(id, heir),
      heir,
    }
  }
  return {
    async update(id, change, { by, heir }) {
      const { before, after } = await people.update(id, change, by)
      return { before, after, leaving: change.status === 'deactivated' ? await leave(id, heir) : undefined }
    },
    async remove(id, { by, heir }) {
      // Their grants are rows of theirs and go with them.
      await people.remove(id, by)
      return leave(id, heir)
    },
    async heirOf(leaver, preferred) {
      const wanted =
        preferred === undefined || preferred === leaver ? undefined : await people.find(preferred)
      return wanted?.status === 'active' ? wanted.id : superAdminBesides(leaver)
    },
  }
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
