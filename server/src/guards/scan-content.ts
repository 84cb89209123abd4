import { contentLeaves } from './content-leaves.ts'
import { definitionLeaves } from './definition-leaves.ts'
import { findOrder } from './find-orders.ts'
import type { ContentKind, Finding, Leaf, Scanner } from './finding.ts'
import { type FoundSecret, type Judged, judgeLeaves } from './judge-leaves.ts'
import { type GuardModel, ModelReader, probability } from './model/guard-model.ts'
import type { Models } from './model/open-models.ts'
import { OrderReader } from './model/order-model.ts'
import { FeatureReader } from './model/read-features.ts'

export type Risk = 'none' | 'low' | 'medium' | 'high'
export type Sensitivity = 'low' | 'medium' | 'high'

/** What a scan says. `score` 0..1 on one scale over all rules and models; .5 is one false alarm in a hundred. */
export type ScanResult = {
  readonly score: number
  readonly risk: Risk
  readonly findings: readonly Finding[]
  readonly secrets: readonly FoundSecret[]
  readonly durationMs: number
}

/** Characters looked at of one content; what is longer is looked at from both ends. */
const maxCharacters = 2_000_000
const maxLeaves = 20_000

/** `isJson`: the caller has parsed the text already. */
export type Scan = (kind: ContentKind, text: string, isJson?: boolean) => ScanResult

/** The engine: one content in, one result out. Never throws for a text; time grows with its length only. */
export function buildScan(models: Models, clock: () => number): Scan {
  const features = new FeatureReader()
  const { orders, ...ofKinds } = models
  const readers = new Map<string, { readonly model: GuardModel; readonly reader: ModelReader }>(
    Object.entries(ofKinds).map(([kind, model]) => [
      kind,
      { model, reader: new ModelReader(model.tables, features) },
    ]),
  )
  const orderReader = new OrderReader(orders, features)
  return (kind, text, isJson) => {
    const started = clock()
    const leaves = readLeaves(kind, text, isJson)
    const judged = judgeLeaves(kind, leaves)
    const { model, reader } = readers.get(kind) ?? missing(kind)
    const learned = learnedScore(reader, model, judged)
    const order = kind === 'tool_definition' ? findOrder(leaves, orderReader) : undefined
    const { secrets } = judged
    const found = withModel(withOrder(judged.findings, order), learned, model, leaves)
    const findings = secrets.length === 0 ? found : [...found, ...secretFindings(secrets)]
    const score = round(Math.max(learned, order?.weight ?? 0, floorOf(kind, judged)))
    return {
      score,
      risk: riskOf(score, model),
      findings,
      secrets,
      durationMs: clock() - started,
    }
  }
}

/** What is looked at of a content: all, or both ends. The same again of what it gave. */
export const endsOf = (text: string): string =>
  text.length <= maxCharacters
    ? text
    : `${text.slice(0, maxCharacters / 2)}\n${text.slice(-maxCharacters / 2)}`

function missing(kind: ContentKind): never {
  throw new Error(`no model reads ${kind}`)
}

function readLeaves(kind: ContentKind, text: string, isJson: boolean | undefined): Leaf[] {
  const part = endsOf(text)
  const isWhole = part.length === text.length
  const leaves =
    kind === 'tool_definition' ? definitionLeaves(part) : contentLeaves(part, isWhole ? isJson : undefined)
  return leaves.length <= maxLeaves ? leaves : leaves.slice(0, maxLeaves)
}

function learnedScore(reader: ModelReader, model: GuardModel, judged: Judged): number {
  reader.start()
  for (const text of judged.texts) reader.read(text)
  return probability(model.last, reader.signals(judged.rules))
}

/** Rules of definitions that hardly any of 19,000 honest ones has; they need no model to agree. */
const sureOfDefinitions = 0.8

/** What no model may outvote: text a person cannot see, commands that open a shell, orders that no definition needs. */
export function floorOf(
  kind: ContentKind,
  { findings, hiddenWeight }: Pick<Judged, 'findings' | 'hiddenWeight'>,
): number {
  // No honest definition among ten thousand had a hidden character that its script does not need.
  let floor = kind === 'tool_definition' && hiddenWeight > 0 ? 0.95 : hiddenWeight >= 0.7 ? hiddenWeight : 0
  for (const { scanner, weight, through } of findings) {
    if (scanner === 'commands' && weight >= 0.75) floor = Math.max(floor, weight)
    else if (through !== undefined && through !== 'an HTML comment' && weight >= 0.8)
      floor = Math.max(floor, 0.9)
    else if (kind === 'tool_definition' && scanner === 'definitions' && weight >= sureOfDefinitions)
      floor = Math.max(floor, weight)
  }
  return floor
}

const withOrder = (findings: readonly Finding[], order: Finding | undefined): readonly Finding[] =>
  order === undefined ? findings : [...findings, order]

/** A score without a rule still needs a reason a person understands. */
function withModel(
  findings: readonly Finding[],
  learned: number,
  model: GuardModel,
  leaves: readonly Leaf[],
): readonly Finding[] {
  if (
    learned < model.last.thresholds.high ||
    findings.some(({ scanner }) => scanner === 'injection' || scanner === 'definitions')
  )
    return findings
  const learnedFinding: Finding = {
    detector: 'learned-wording',
    scanner: 'injection',
    category: 'prompt-injection',
    reason: 'The wording is like that of texts which steer a model.',
    path: leaves[0]?.path ?? '',
    excerpt: '',
    // Never as sure as a rule: what was learned alerts, it does not block by itself.
    weight: Math.min(0.8, learned),
    through: undefined,
  }
  return [...findings, learnedFinding]
}

const secretScanner: Scanner = 'secrets'

const secretFindings = (secrets: readonly FoundSecret[]): Finding[] =>
  secrets.map(({ kind, path }) => ({
    detector: `secret:${kind}`,
    scanner: secretScanner,
    category: 'secret',
    reason: 'The text holds what looks like a secret.',
    path,
    excerpt: `[REDACTED:${kind}]`,
    weight: 0.3,
    through: undefined,
  }))

export function riskOf(score: number, model: GuardModel): Risk {
  const { low, medium, high } = model.last.thresholds
  if (score >= low) return 'high'
  if (score >= medium) return 'medium'
  return score >= high ? 'low' : 'none'
}

const round = (value: number) => Math.round(value * 1e5) / 1e5
