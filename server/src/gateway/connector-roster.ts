import type { Connector } from '../kernel/connector.ts'
import type { ServerId } from '../kernel/ids.ts'

/** A connector as it is now, with its number: another one as soon as its settings change, the same when its health does. */
export type Place = { readonly connector: Connector; readonly number: number }

/** Connectors, numbered the same for everybody: what was decided about one for a person is then one bit. Never changed. */
export type Roster = {
  readonly from: readonly Connector[]
  /** In the order of the list. */
  readonly places: readonly Place[]
  readonly byId: ReadonlyMap<ServerId, Place>
  readonly failing: readonly Place[]
  /** Those to which each person may bring values or a sign-in of their own. */
  readonly personal: readonly Place[]
  /** Numbers are below this; those of connectors that went or changed are nobody's. */
  readonly size: number
  /** Another one when all got other numbers. */
  readonly generation: number
  /** Another one after every change but those of health. */
  readonly edition: number
}

/** Numbers no longer in use that are put up with, beside one for each connector. */
const maxUnused = 256

/** The roster of another list. Connectors whose settings are what they were keep their numbers. */
export function rosterOf(from: readonly Connector[], before?: Roster): Roster {
  const isFull = before !== undefined && before.size > 2 * before.places.length + maxUnused
  const kept = before === undefined || isFull ? undefined : before.byId
  let size = kept === undefined ? 0 : (before?.size ?? 0)
  const places = from.map((connector): Place => {
    const known = kept?.get(connector.id)
    if (known?.connector === connector) return known
    const isSame = known?.connector.revision === connector.revision
    return { connector, number: isSame ? known.number : size++ }
  })
  const isSameRow = kept !== undefined && before !== undefined && sameNumbers(before.places, places)
  return {
    from,
    places,
    byId: new Map(places.map((place) => [place.connector.id, place])),
    failing: places.filter(({ connector }) => connector.health.state === 'failing'),
    personal: places.filter(({ connector }) => mayLack(connector)),
    size,
    generation: (before?.generation ?? 0) + (isFull ? 1 : 0),
    edition: (before?.edition ?? 0) + (isSameRow ? 0 : 1),
  }
}

function sameNumbers(one: readonly Place[], other: readonly Place[]): boolean {
  return one.length === other.length && one.every(({ number }, at) => number === other[at]?.number)
}

/** Whether a person could have to connect first; whether this one has to is asked each time. */
export function mayLack({ personalValues, auth }: Connector): boolean {
  return personalValues.length > 0 || auth.type === 'oauth' || auth.type === 'auto'
}
