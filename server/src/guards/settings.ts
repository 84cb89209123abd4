import type { Action } from './decide-action.ts'
import type { Scanner } from './finding.ts'
import { scanners } from './finding.ts'
import type { Sensitivity } from './scan-content.ts'

/** How strict the guards are, for every connector. */
export type GuardSettings = {
  readonly sensitivity: Sensitivity
  readonly actions: Readonly<Record<Scanner, Action>>
  /** An alert becomes a block where a rule and the score agree beyond doubt. */
  readonly blockWhenCertain: boolean
}

/** Secrets and hidden characters are masked, everything else is told and let through (product.md §9.3: alert first). */
export const defaultSettings: GuardSettings = {
  sensitivity: 'medium',
  actions: {
    injection: 'alert',
    hidden: 'mask',
    exfiltration: 'alert',
    commands: 'alert',
    secrets: 'mask',
    definitions: 'alert',
  },
  blockWhenCertain: true,
}

/** Stored settings over the defaults; what a version does not know is left out. */
export function settingsFrom(stored: unknown): GuardSettings {
  if (typeof stored !== 'object' || stored === null) return defaultSettings
  const { sensitivity, actions, blockWhenCertain } = stored as Partial<GuardSettings>
  const known = Object.fromEntries(
    scanners.flatMap((scanner) => (actions?.[scanner] === undefined ? [] : [[scanner, actions[scanner]]])),
  )
  return {
    sensitivity: sensitivity ?? defaultSettings.sensitivity,
    actions: { ...defaultSettings.actions, ...known },
    blockWhenCertain: blockWhenCertain ?? defaultSettings.blockWhenCertain,
  }
}
