/** The committed models on the project's own writing. They were trained on it: a check that nothing broke, no proof. */
import { openModels } from '../../server/src/guards/model/open-models.ts'
import { buildScan } from '../../server/src/guards/scan-content.ts'
import { type Figures, figuresOf } from './figures.ts'
import { rows } from './own.ts'

export function ownFigures(): Record<string, Figures> {
  const scan = buildScan(openModels(), () => performance.now())
  const scored = rows().map(({ content, text, label, kind, source }) => ({
    content,
    score: scan(content, text).score,
    label,
    kind,
    source,
  }))
  return Object.fromEntries(
    [...Map.groupBy(scored, ({ content }) => content)].map(([content, part]) => [
      `own ${content}`,
      figuresOf(part),
    ]),
  )
}
