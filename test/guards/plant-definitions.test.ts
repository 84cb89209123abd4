import { describe, expect, test } from 'vitest'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'
import { bases } from './own-definitions.ts'
import { hidings, honestMarks, places, technicalPlaces } from './plant-definitions.ts'
import { freshOrders, honestNotes, laterOrders, oddOrders, orders } from './schema-orders.ts'

const scan = buildScan(openModels(), () => performance.now())
const hosts = bases.map(([name, description]) => ({
  name,
  description,
  inputSchema: { type: 'object', properties: { value: { type: 'string', description: 'What to look up.' } } },
}))
const host = (at: number) => hosts[at % hosts.length] ?? hosts[0] ?? never()
const never = (): never => {
  throw new Error('no host')
}

describe('what nobody sees in a definition', () => {
  test.each(hidings)('$name is found in every field', ({ hide }) => {
    const missed = [...places, ...technicalPlaces].filter((place, at) => {
      const { score, findings } = scan('tool_definition', JSON.stringify(place.put(host(at), hide)))
      return score < 0.5 || findings.every(({ scanner }) => scanner !== 'hidden')
    })
    expect(missed.map(({ name }) => name)).toEqual([])
  })

  test.each(honestMarks)('%s is spared', (mark) => {
    for (const [at, place] of places.entries()) {
      const { findings } = scan('tool_definition', JSON.stringify(place.put(host(at), () => mark)))
      expect(findings.filter(({ scanner }) => scanner === 'hidden')).toEqual([])
    }
  })

  test('a pattern may name the characters that it refuses', () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string', pattern: '^[^\u0000-\u001f\u200b-\u200f]+$' } },
    }
    const text = JSON.stringify({ name: 'add_user', description: 'Adds a user.', inputSchema: schema })
    expect(scan('tool_definition', text).findings).toEqual([])
  })
})

describe('orders in the texts of a schema', () => {
  const texts = places.filter(({ name }) => name !== 'name')
  const planted = (list: readonly string[], where = texts) =>
    list.flatMap((text, at) =>
      where.map((place) => {
        const definition = JSON.stringify(place.put(host(at), () => text))
        return { text, place: place.name, score: scan('tool_definition', definition).score }
      }),
    )

  const shareFound = (list: readonly string[]) => {
    const all = planted(list)
    return all.filter(({ score }) => score >= 0.5).length / all.length
  }

  test('are found in 95 of 100 places', () => {
    expect(shareFound([...orders, ...laterOrders])).toBeGreaterThanOrEqual(0.95)
    expect(shareFound(freshOrders)).toBeGreaterThanOrEqual(0.95)
  })

  test('of kinds that nobody wrote down are found less often, but not by chance', () => {
    expect(shareFound(oddOrders)).toBeGreaterThanOrEqual(0.4)
  })

  test('honest notes that sound like them are spared', () => {
    // No honest parameter has a sentence for a name.
    const fields = texts.filter(({ name }) => name !== 'name of a parameter')
    expect(planted(honestNotes, fields).filter(({ score }) => score >= 0.5)).toEqual([])
  })
})
