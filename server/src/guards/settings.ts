import type { Action } from './decide-action.ts'
import type { Scanner } from './finding.ts'
import { scanners } from './finding.ts'
import type { Sensitivity } from './scan-content.ts'

/** How strict the guards are. */
export type GuardSettings = {
  readonly sensitivity: Sensitivity
  readonly actions: Readonly<Record<Scanner, Action>>
  /** An alert becomes a block where a rule and the score agree beyond doubt. */
  readonly blockWhenCertain: boolean
  /** A block ends the whole conversation, not only the call. */
  readonly endSession: boolean
}

/** What one connector has of its own; the rest is as everywhere. */
export type OwnSettings = {
  readonly sensitivity?: Sensitivity | undefined
  readonly actions?: Readonly<Partial<Record<Scanner, Action>>> | undefined
}

/** Why these: docs/decisions/0055. */
export const defaultSettings: GuardSettings = {
  sensitivity: 'medium',
  actions: {
    injection: 'alert',
    hidden: 'mask',
    exfiltration: 'alert',
    commands: 'alert',
    secrets: 'mask',
    definitions: 'block',
    questions: 'block',
    intent: 'alert',
    flow: 'alert',
    trajectory: 'alert',
    personal: 'allow',
    patterns: 'block',
  },
  blockWhenCertain: true,
  endSession: false,
}

/** Stored settings over the defaults; what a version does not know is left out. */
export function settingsFrom(stored: unknown): GuardSettings {
  if (typeof stored !== 'object' || stored === null) return defaultSettings
  const { sensitivity, actions, blockWhenCertain, endSession } = stored as Partial<GuardSettings>
  return {
    sensitivity: sensitivity ?? defaultSettings.sensitivity,
    actions: { ...defaultSettings.actions, ...knownActions(actions) },
    blockWhenCertain: blockWhenCertain ?? defaultSettings.blockWhenCertain,
    endSession: endSession ?? defaultSettings.endSession,
  }
}

/** A connector's own settings as stored. */
export function ownFrom(stored: unknown): OwnSettings {
  if (typeof stored !== 'object' || stored === null) return {}
  const { sensitivity, actions } = stored as OwnSettings
  return { ...(sensitivity === undefined ? {} : { sensitivity }), actions: knownActions(actions) }
}

export function overlay(global: GuardSettings, own: OwnSettings | undefined): GuardSettings {
  if (own === undefined) return global
  return {
    ...global,
    sensitivity: own.sensitivity ?? global.sensitivity,
    actions: { ...global.actions, ...own.actions },
  }
}

function knownActions(actions: OwnSettings['actions']): Partial<Record<Scanner, Action>> {
  return Object.fromEntries(
    scanners.flatMap((scanner) => (actions?.[scanner] === undefined ? [] : [[scanner, actions[scanner]]])),
  )
}
