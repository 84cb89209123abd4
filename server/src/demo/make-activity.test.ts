import { expect, test } from 'vitest'
import { newId } from '../kernel/ids.ts'
import type { DemoPerson } from './add-people.ts'
import { activityEntries, makeActivity } from './make-activity.ts'

const day = 24 * 3600 * 1000
const untilMs = Date.UTC(2026, 6, 28, 9, 30)
const people: DemoPerson[] = (['Engineering', 'Finance', 'Support'] as const).map((group) => ({
  id: newId<'user'>(),
  email: `${group.toLowerCase()}@demo.example`,
  group,
}))
const connectors = {
  everything: { id: newId<'server'>(), name: 'Everything' },
  filesystem: { id: newId<'server'>(), name: 'Filesystem' },
  memory: { id: newId<'server'>(), name: 'Memory' },
}
const week = makeActivity({ people, connectors, untilMs })

test('the week is full, in order, and ends before now', () => {
  expect(week).toHaveLength(activityEntries)
  const times = week.map(({ timeMs }) => timeMs)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times.every((time) => time > untilMs - 8 * day && time < untilMs)).toBe(true)
  expect(new Set(times.map((time) => Math.floor(time / day))).size).toBeGreaterThanOrEqual(7)
})

test('most goes well, some fails, some is denied, and everybody takes part', () => {
  const share = (outcome: string) =>
    week.filter(({ close }) => close.outcome === outcome).length / week.length
  expect(share('success')).toBeGreaterThan(0.8)
  expect(share('failure')).toBeGreaterThan(0.02)
  expect(share('denied')).toBeGreaterThan(0.03)
  expect(new Set(week.map(({ open }) => open.actor.id))).toEqual(new Set(people.map(({ id }) => id)))
})

test('nobody is denied what the rules of the demo allow', () => {
  const denied = week.filter(({ close }) => close.outcome === 'denied').map(({ open }) => open.tool)
  expect(new Set(denied)).toEqual(new Set(['write_file', 'delete_entities']))
  expect(week.every(({ open, close }) => close.outcome !== 'denied' || open.tool === close.tool)).toBe(true)
})

test('searches are followed by the call they were for, and most of them showed its tool', () => {
  const searches = week.filter(({ open }) => open.action === 'tool_searched')
  expect(searches.length).toBeGreaterThan(20)
  const found = searches.filter((search) => {
    const next = week.find(
      ({ open, timeMs }) =>
        timeMs > search.timeMs &&
        open.actor.id === search.open.actor.id &&
        open.clientName === search.open.clientName,
    )
    const { query } = JSON.parse(search.open.arguments ?? '{}') as { query?: string }
    expect(query).toBeDefined()
    const { hits } = JSON.parse(search.close.result ?? '{}') as { hits: string[] }
    return hits.some((name) => name.endsWith(`_${next?.open.tool}`))
  })
  expect(found.length / searches.length).toBeGreaterThan(0.7)
  expect(found.length).toBeLessThan(searches.length)
})

test('the same day gives the same week, and nobody gives none', () => {
  const again = makeActivity({ people, connectors, untilMs })
  const shown = (entries: typeof week) =>
    entries.map(({ timeMs, open }) => [timeMs, open.actor.id, open.tool])
  expect(shown(again)).toEqual(shown(week))
  expect(makeActivity({ people: [], connectors, untilMs })).toEqual([])
})
