/** Figures of scored rows as the model card keeps them, in words, and against an earlier card. */
import { areaUnder, interval, recallAt, type Scored, scoresOf, shareAbove, thresholdFor } from './measure.ts'

type Share = { rows: number; attacks: boolean; found_at_1_percent: number; found_at_medium: number }
export type Figures = {
  rows: number
  auc: number
  recall_at_1_percent: number
  interval_95: readonly [number, number]
  recall_at_2_percent: number
  recall_at_5_percent: number
  threshold_at_1_percent: number
  recall_at_medium: number
  false_positives_at_medium: number
  precision_at_medium: number
  kinds: Record<string, Share>
  sources: Record<string, Share>
}

const digits = (value: number) => Math.round(value * 1e4) / 1e4

/** What of a part reaches `threshold`, and what reaches Medium. */
export function shareOf(part: readonly Scored[], threshold: number): Share {
  const scores = part.map(({ score }) => score)
  return {
    rows: part.length,
    attacks: part[0]?.label === 1,
    found_at_1_percent: digits(shareAbove(scores, threshold)),
    found_at_medium: digits(shareAbove(scores, 0.5)),
  }
}

export function figuresOf(rows: readonly Scored[]): Figures {
  const threshold = thresholdFor(scoresOf(rows, 0), 0.01)
  const by = (key: (row: Scored) => string) =>
    Object.fromEntries(
      [...Map.groupBy(rows, key)]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, part]) => [name, shareOf(part, threshold)]),
    )
  const found = scoresOf(rows, 1).filter((score) => score >= 0.5).length
  const alarms = scoresOf(rows, 0).filter((score) => score >= 0.5).length
  const [low, high] = interval(rows, (drawn) => recallAt(drawn, 0.01))
  return {
    rows: rows.length,
    auc: digits(areaUnder(rows)),
    recall_at_1_percent: digits(recallAt(rows, 0.01)),
    interval_95: [digits(low), digits(high)],
    recall_at_2_percent: digits(recallAt(rows, 0.02)),
    recall_at_5_percent: digits(recallAt(rows, 0.05)),
    threshold_at_1_percent: digits(threshold),
    recall_at_medium: digits(shareAbove(scoresOf(rows, 1), 0.5)),
    false_positives_at_medium: digits(shareAbove(scoresOf(rows, 0), 0.5)),
    precision_at_medium: digits(found / Math.max(1, found + alarms)),
    kinds: by(({ kind }) => kind),
    sources: by(({ source, label }) => `${source}${label === 1 ? ' (attacks)' : ''}`),
  }
}

export function describe(name: string, figures: Figures): string {
  const { kinds, sources, ...rest } = figures
  const line = (part: string, share: Share) =>
    `  ${part.padEnd(52)} ${String(share.rows).padStart(5)}  ${share.attacks ? 'found' : 'alarms'} ${share.found_at_1_percent.toFixed(3)} at 1 %, ${share.found_at_medium.toFixed(3)} at Medium`
  return [
    name,
    ...Object.entries(rest).map(
      ([key, value]) => `  ${key.replaceAll('_', ' ').padEnd(30)} ${String(value)}`,
    ),
    ...Object.entries(kinds).map(([kind, share]) => line(kind, share)),
    ...Object.entries(sources).map(([source, share]) => line(`source ${source}`, share)),
  ].join('\n')
}

/** Where the figures stand against those of the committed card. */
export function compareCards(before: Record<string, Figures>, now: Record<string, Figures>): string {
  return Object.entries(now)
    .map(([name, figures]) => {
      const was = before[name]
      if (was === undefined) return `${name}: not on the card`
      const change = (key: 'auc' | 'recall_at_1_percent' | 'false_positives_at_medium') =>
        `${key.replaceAll('_', ' ')} ${was[key]} → ${figures[key]}`
      return `${name}: ${change('recall_at_1_percent')}, ${change('auc')}, ${change('false_positives_at_medium')}`
    })
    .join('\n')
}
