const steps: readonly (readonly [limit: number, unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  [60, 'second', 1],
  [3600, 'minute', 60],
  [86_400, 'hour', 3600],
  [2_592_000, 'day', 86_400],
  [31_536_000, 'month', 2_592_000],
]
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })

export function relative(iso: string, now = Date.now()): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000)
  if (Number.isNaN(seconds)) return iso
  if (Math.abs(seconds) < 5) return 'just now'
  const [, unit, size] = steps.find(([limit]) => Math.abs(seconds) < limit) ?? [
    0,
    'year' as const,
    31_536_000,
  ]
  return words.format(Math.round(seconds / size), unit)
}

/** Relative to now; the exact time, with its zone, on hover and for whoever copies. */
export function Time({ iso }: { iso: string | null | undefined }) {
  if (iso === null || iso === undefined) return <span className="text-n10">Never</span>
  return (
    <time
      dateTime={iso}
      title={`${new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'long' })} (${iso})`}
    >
      {relative(iso)}
    </time>
  )
}
