/** Others call themselves Chrome or Safari too, so those come last. */
const browsers = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const

/** Enough of the browser's own description to tell two devices apart. */
export function deviceName(userAgent: string | null): string {
  if (userAgent === null || userAgent === '') return 'Unknown device'
  const browser = browsers.find(([sign]) => userAgent.includes(`${sign}/`))?.[1]
  const system = /(Windows|Macintosh|iPhone|iPad|Android|Linux)/.exec(userAgent)?.[1]
  const words = [browser, system === 'Macintosh' ? 'Mac' : system].filter((word) => word !== undefined)
  return words.length === 0 ? userAgent.slice(0, 60) : words.join(' on ')
}
