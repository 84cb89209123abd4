import { describe, expect, test } from 'vitest'
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'
import { bases } from './own-definitions.ts'
import { hidings, honestMarks, places, technicalPlaces } from './plant-definitions.ts'

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
