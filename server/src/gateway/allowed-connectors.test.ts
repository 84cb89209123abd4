import fc from 'fast-check'
import { expect, test } from 'vitest'
import { connectorOf } from '../../../test/support/connector-of.ts'
import type { Connector } from '../kernel/connector.ts'
import { newId, type ServerId } from '../kernel/ids.ts'
import { AllowedConnectors, allowedOne } from './allowed-connectors.ts'

const connectorAt = (at: number) =>
  connectorOf({
    id: newId<'server'>(at),
    name: `connector ${at}`,
    slug: `connector-${at}`,
    health: { state: 'ok' },
  })

type World = { list: readonly Connector[]; rules: number }
type Step = (world: World, at: number) => World

const changed =
  (more: (connector: Connector) => Partial<Connector>): Step =>
  ({ list, rules }, at) => ({
    list: list.map((each, place) => (place === at % list.length ? { ...each, ...more(each) } : each)),
    rules,
  })
const settings = (more: (connector: Connector) => Partial<Connector>) =>
  changed((each) => ({ ...more(each), revision: each.revision + 1 }))
const steps: readonly Step[] = [
  changed(({ health }) => ({ health: { state: health.state === 'ok' ? 'failing' : 'ok' } })),
  settings(({ sensitive }) => ({ sensitive: !sensitive })),
  settings(({ status }) => ({ status: status === 'active' ? 'disabled' : 'active' })),
  settings(({ auth }) => ({ auth: { type: auth.type === 'none' ? 'auto' : 'none' } })),
  ({ list, rules }) => ({ list: [...list, connectorAt(list.length)], rules }),
  ({ list, rules }, at) => ({ list: list.filter((_, place) => place !== at % list.length), rules }),
  ({ list, rules }) => ({ list: list.toReversed(), rules }),
  ({ list, rules }) => ({ list, rules: rules + 1 }),
]

/** What somebody may use under these rules, of a connector as it is now. */
const isAllowedBy = (person: number, rules: number) => (connector: Connector) =>
  (connector.id.charCodeAt(connector.id.length - 1) + connector.revision * 5 + person * 3 + rules) % 3 !== 0
const keyFor = (person: number, rules: number) => JSON.stringify([rules, person])

function shownTo(of: AllowedConnectors, { list, rules }: World, person: number) {
  const isAllowed = isAllowedBy(person, rules)
  const allowed = of.of(list, { listKey: keyFor(person, rules), isAllowed })
  const ids = (places: (typeof allowed)['roster']['places']) =>
    places.filter(allowed.has).map(({ connector }) => connector)
  const { roster } = allowed
  return {
    all: ids(roster.places),
    failing: ids(roster.failing),
    personal: ids(roster.personal),
    key: allowed.key,
  }
}

test('deciding what changed gives what deciding everything gives', () => {
  const step = fc.tuple(fc.constantFrom(...steps), fc.nat(40), fc.nat(3))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (story) => {
      const kept = new AllowedConnectors()
      let world: World = { list: Array.from({ length: 12 }, (_, at) => connectorAt(at)), rules: 0 }
      for (const [next, at, person] of story) {
        world = next(world, at)
        const shown = shownTo(kept, world, person)
        expect(shown).toEqual(shownTo(new AllowedConnectors(), world, person))
        const open = world.list.filter(({ status }) => status === 'active')
        expect(shown.all).toEqual(open.filter(isAllowedBy(person, world.rules)))
      }
    }),
    { numRuns: 150 },
  )
})

/** Counts what is decided. */
function counting(isAllowed: (connector: Connector) => boolean) {
  const asked: ServerId[] = []
  const ask = (connector: Connector) => {
    asked.push(connector.id)
    return isAllowed(connector)
  }
  return { asked, ask }
}

test('another health decides nothing anew, other settings one connector, another rule all', () => {
  const kept = new AllowedConnectors()
  const { asked, ask } = counting(() => true)
  let list: readonly Connector[] = Array.from({ length: 100 }, (_, at) => connectorAt(at))
  const key = (listKey: string) => kept.of(list, { listKey, isAllowed: ask }).key
  const before = key('ada')
  expect(asked.splice(0)).toHaveLength(100)
  list = list.map((each) => ({ ...each, health: { state: 'failing' } }))
  expect(key('ada')).toBe(before)
  expect(asked.splice(0)).toEqual([])
  list = list.map((each, at) => (at === 7 ? { ...each, revision: 2 } : each))
  expect(key('ada')).not.toBe(before)
  expect(asked.splice(0)).toEqual([list[7]?.id])
  expect(key('ada under another rule')).not.toBe(key('ada'))
  expect(asked.splice(0)).toHaveLength(100)
})

test('what changes with time is remembered for nobody', () => {
  const kept = new AllowedConnectors()
  const list = [connectorAt(1)]
  const { roster, has, key } = kept.of(list, { listKey: undefined, isAllowed: () => true })
  expect(roster.places.filter(has)).toHaveLength(1)
  expect(key).toBeUndefined()
  const later = kept.of(list, { listKey: undefined, isAllowed: () => false })
  expect(later.roster.places.filter(later.has)).toEqual([])
})

test('a decision that fails is no decision', () => {
  const kept = new AllowedConnectors()
  const list = [connectorAt(1), connectorAt(2)]
  const isAllowed = ({ id }: Connector) => {
    if (id === list[1]?.id) throw new Error('the rules cannot be read')
    return true
  }
  expect(() => kept.of(list, { listKey: 'ada', isAllowed })).toThrow('cannot be read')
  const { roster, has } = kept.of(list, { listKey: 'ada', isAllowed: () => false })
  expect(roster.places.filter(has)).toEqual([])
})

test('a view holds what was decided although the list goes on', () => {
  const kept = new AllowedConnectors()
  const list = Array.from({ length: 3 }, (_, at) => connectorAt(at))
  const first = kept.of(list, { listKey: 'ada', isAllowed: ({ id }) => id === list[1]?.id })
  for (let round = 0; round < 400; round++)
    kept.of([connectorAt(round)], { listKey: 'ada', isAllowed: () => true })
  expect(first.roster.places.filter(first.has).map(({ connector }) => connector)).toEqual([list[1]])
})

test('one connector alone is decided as among others', () => {
  const [one] = [connectorAt(1)]
  const { roster, has } = allowedOne(one as Connector, { listKey: 'ada', isAllowed: () => true })
  expect(roster.places.filter(has).map(({ connector }) => connector)).toEqual([one])
})

test('a person costs a few hundred bytes with a thousand connectors, also after many changes', () => {
  const kept = new AllowedConnectors()
  const [listKey, isAllowed] = [keyFor(1, 1), isAllowedBy(1, 1)]
  let list: readonly Connector[] = Array.from({ length: 1_000 }, (_, at) => connectorAt(at))
  for (let round = 0; round < 5; round++) {
    list = list.map((each) => ({ ...each, revision: each.revision + 1 }))
    kept.of(list, { listKey, isAllowed })
    expect(kept.bytesOf(listKey)).toBeGreaterThan(100)
    expect(kept.bytesOf(listKey)).toBeLessThan(600)
  }
})
