import type { NearMiss } from './near-misses.ts'
import { makeValue, type Random } from './random-values.ts'

export type Filling = {
  readonly sizeBytes: number
  readonly secret: { readonly value: string; readonly under: string | undefined } | undefined
  readonly near: readonly NearMiss[]
}

const people = ['ada', 'grace', 'linus', 'mei', 'omar', 'priya', 'tomás', 'yuki'] as const
const things = ['invoice', 'order', 'ticket', 'shipment', 'report', 'build', 'page', 'contract'] as const
const verbs = ['opened', 'closed', 'updated', 'moved', 'archived', 'approved', 'sent', 'checked'] as const
const states = ['pending', 'done', 'failed', 'queued', 'running'] as const
/** Names that say nothing about what they hold: a secret with a shape of its own must be found under them too. */
const plainNames = ['value', 'config', 'note', 'detail', 'header', 'setting', 'extra', 'body'] as const

function sentence(random: Random): string {
  return `${random.pick(people)} ${random.pick(verbs)} the ${random.pick(things)} ${random.below(9_000) + 1_000} for ${random.pick(people)}`
}

/** A list of records as a tool returns them. */
export function jsonText(random: Random, { sizeBytes, secret, near }: Filling): string {
  const rows: Record<string, unknown>[] = []
  while (JSON.stringify({ items: rows }).length < sizeBytes - sizeOf(secret)) rows.push(record(random))
  for (const { name, value } of near) rows[random.below(rows.length)] = { ...record(random), [name]: value }
  if (secret !== undefined) {
    const name = secret.under ?? random.pick(plainNames)
    const text =
      secret.under === undefined && random.below(2) === 0
        ? `${sentence(random)}: ${secret.value}`
        : secret.value
    rows.splice(random.below(rows.length + 1), 0, { ...record(random), [name]: text })
  }
  return JSON.stringify({ items: rows, total: rows.length }, undefined, random.below(2) === 0 ? 2 : undefined)
}

const sizeOf = (secret: Filling['secret']) => Math.min(1_500, secret?.value.length ?? 0)

function record(random: Random): Record<string, unknown> {
  return {
    id: makeValue(random, '{8:hex}-{4:hex}-4{3:hex}-a{3:hex}-{12:hex}'),
    title: sentence(random),
    state: random.pick(states),
    assignee: { name: random.pick(people), email: `${random.pick(people)}@example.com` },
    amount: random.below(100_000) / 100,
    updated_at: `2026-0${1 + random.below(9)}-1${random.below(9)}T0${random.below(9)}:1${random.below(9)}:00Z`,
    tags: [random.pick(things), random.pick(verbs)],
  }
}

/** Lines of a server's log. */
export function logText(random: Random, { sizeBytes, secret, near }: Filling): string {
  const lines: string[] = []
  let size = sizeOf(secret)
  while (size < sizeBytes) {
    const line = `${stamp(random)} INFO  [worker-${random.below(8)}] ${sentence(random)} in ${random.below(900)} ms`
    lines.push(line)
    size += line.length + 1
  }
  const insert = (line: string) => lines.splice(random.below(lines.length + 1), 0, line)
  for (const { name, value } of near) insert(`${stamp(random)} DEBUG [http] ${name}=${value}`)
  if (secret !== undefined) insert(`${stamp(random)} ${secretLine(random, secret)}`)
  return lines.join('\n')
}

function secretLine(random: Random, { value, under }: NonNullable<Filling['secret']>): string {
  if (under !== undefined) return `WARN  [boot] loaded ${under}=${value}`
  return random.pick([
    `ERROR [http] 401 from upstream, sent ${value}`,
    `WARN  [boot] using ${value} from the environment`,
    `DEBUG [client] ${random.pick(plainNames)}=${value}`,
  ])
}

const stamp = (random: Random) =>
  `2026-09-1${random.below(9)}T1${random.below(9)}:2${random.below(9)}:3${random.below(9)}.${100 + random.below(899)}Z`

/** A source file or a settings file. */
export function codeText(random: Random, { sizeBytes, secret, near }: Filling): string {
  const blocks: string[] = []
  let size = sizeOf(secret)
  while (size < sizeBytes) {
    const block = codeBlock(random)
    blocks.push(block)
    size += block.length + 2
  }
  const insert = (block: string) => blocks.splice(random.below(blocks.length + 1), 0, block)
  for (const { name, value } of near) insert(`const ${camel(name)} = ${JSON.stringify(value)}`)
  if (secret !== undefined) insert(secretCode(random, secret))
  return blocks.join('\n\n')
}

function secretCode(random: Random, { value, under }: NonNullable<Filling['secret']>): string {
  const name = under ?? random.pick(plainNames)
  if (value.includes('\n') && under === undefined) return `cat > id_deploy <<'END'\n${value}\nEND`
  return random.pick([
    `const ${name} = ${JSON.stringify(value)}`,
    `${name} = '${value.replaceAll('\n', '\\n')}'`,
    `settings.set(${JSON.stringify(name)}, ${JSON.stringify(value)})`,
    `# before the move\n${name}: ${JSON.stringify(value)}`,
  ])
}

const camel = (name: string) => name.replace(/_+([a-z])/gi, (_, letter: string) => letter.toUpperCase())

function codeBlock(random: Random): string {
  const thing = random.pick(things)
  const verb = random.pick(verbs)
  return random.pick([
    `export function ${verb}${thing}(${thing}s: readonly Row[]): number {\n  return ${thing}s.filter((row) => row.state === '${random.pick(states)}').length\n}`,
    `def ${verb}_${thing}(rows):\n    """Counts what was ${verb} since yesterday."""\n    return [row for row in rows if row["state"] == "${random.pick(states)}"]`,
    `-- ${sentence(random)}\nselect id, title, state from ${thing}s where state = '${random.pick(states)}' order by updated_at desc limit ${10 + random.below(90)};`,
    `- name: ${verb} ${thing}\n  run: npm run ${verb} -- --only ${thing} --retries ${random.below(5)}`,
  ])
}
