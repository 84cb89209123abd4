import type { Connector } from '../kernel/connector.ts'
import { definitionLeaves } from './definition-leaves.ts'
import type { Finding } from './finding.ts'
import { findForeignNames, foreignNames } from './foreign-names.ts'
import type { Risk, Scan, Sensitivity } from './scan-content.ts'
import type { GuardSettings } from './settings.ts'

/** What is kept of a definition's scan; fits what `tools` stores with each version. */
export type JudgedDefinition = {
  readonly version: string
  /** When, as ISO time; older scans did not keep it. */
  readonly at?: string
  readonly risk: Risk
  readonly score: number
  readonly hold: boolean
  readonly findings: readonly {
    readonly detector: string
    readonly category: string
    readonly where: string
    readonly excerpt: string
    readonly reason: string
  }[]
}

export type ListGuardParts = {
  readonly scan: Scan
  readonly version: string
  settingsOf(serverId: string): GuardSettings
  readonly now: () => number
}

export type FlaggedDefinition = {
  readonly name: string
  readonly held: boolean
  readonly scan: JudgedDefinition
}

export type ListGuard = {
  readonly version: string
  lookFor(
    connector: Pick<Connector, 'id'>,
    others: Others,
  ): (offered: { name: string; definition: string }) => JudgedDefinition
  /** Records what was found for people to read. Answers those that a model outside put into a category. */
  tell<T extends FlaggedDefinition>(connector: Pick<Connector, 'id'>, tools: readonly T[]): Promise<T[]>
}

type Others = () => Iterable<{ readonly name: string; readonly connector: string }>

/** A reviewer reads the weightiest; a poisoned definition trips the same rules again and again. */
const maxFindings = 12
const order: readonly Risk[] = ['none', 'low', 'medium', 'high']
const least: Readonly<Record<Sensitivity, Risk>> = { low: 'high', medium: 'medium', high: 'low' }

/** List Guard: looks at each definition a connector offers, alone and beside the tools of others. */
export function listGuard(parts: ListGuardParts): Omit<ListGuard, 'tell'> {
  return {
    version: parts.version,
    lookFor(connector: Pick<Connector, 'id'>, others: Others) {
      let names: ReturnType<typeof foreignNames> | undefined
      return (offered: { name: string; definition: string }): JudgedDefinition => {
        names ??= foreignNames(others())
        const alone = parts.scan('tool_definition', offered.definition)
        const texts = definitionLeaves(offered.definition).filter(({ name }) => name !== 'name')
        const foreign = findForeignNames({ name: offered.name, texts }, names)
        const at = new Date(parts.now()).toISOString()
        return judged({ alone, foreign, version: parts.version, at }, parts.settingsOf(connector.id))
      }
    },
  }
}

function judged(
  found: { alone: ReturnType<Scan>; foreign: readonly Finding[]; version: string; at: string },
  settings: GuardSettings,
): JudgedDefinition {
  const { alone, foreign, version, at } = found
  const risk = [alone.risk, ...foreign.map(({ weight }) => riskOfName(weight))].reduce((one, other) =>
    order.indexOf(other) > order.indexOf(one) ? other : one,
  )
  const heaviest = [...alone.findings, ...foreign].sort((one, other) => other.weight - one.weight)
  return {
    version,
    at,
    risk,
    score: Math.max(alone.score, ...foreign.map(({ weight }) => weight)),
    hold:
      settings.actions.definitions === 'block' &&
      order.indexOf(risk) >= order.indexOf(least[settings.sensitivity]),
    findings: withoutRepeats(heaviest).map(({ detector, category, path, excerpt, reason }) => ({
      detector,
      category,
      where: path,
      excerpt,
      reason,
    })),
  }
}

const riskOfName = (weight: number): Risk => (weight >= 0.9 ? 'high' : weight >= 0.5 ? 'medium' : 'low')

function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const kept = new Map<string, Finding>()
  for (const finding of findings) {
    const key = `${finding.detector} ${finding.path}`
    if (!kept.has(key) && kept.size < maxFindings) kept.set(key, finding)
  }
  return [...kept.values()]
}
