import { expect, test } from 'vitest'
import { ownFigures } from './own-figures.ts'

test('the committed models still tell own attacks from own ordinary texts', () => {
  const figures = ownFigures()
  for (const name of ['own tool_input', 'own tool_definition']) {
    expect([name, figures[name]?.auc ?? 0]).toEqual([name, expect.toSatisfy((auc: number) => auc > 0.9)])
    expect([name, figures[name]?.false_positives_at_medium]).toEqual([
      name,
      expect.toSatisfy((rate: number) => rate <= 0.08),
    ])
  }
  expect(figures['own tool_output']?.false_positives_at_medium).toBeLessThanOrEqual(0.08)
})
