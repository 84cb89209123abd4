import type { Finding } from './finding.ts'
import { fold } from './normalise.ts'

/** A tool of another connector. */
export type ForeignTool = { readonly name: string; readonly connector: string }

/** Names of other connectors' tools, by what is compared. Bounded by the tools there are. */
export type ForeignNames = {
  readonly byPlain: ReadonlyMap<string, ForeignTool>
  readonly byLook: ReadonlyMap<string, readonly ForeignTool[]>
}

/** Upper and lower case and separators are a matter of style. */
const plain = (name: string) => name.toLowerCase().replace(/[\s_.-]+/g, '')

/** Names that look alike have the same shape: other alphabets, digits for letters, pairs that read as one. */
function look(name: string): string {
  return plain(fold(name))
    .replace(/0/g, 'o')
    .replace(/[1|!]/g, 'l')
    .replace(/i/g, 'l')
    .replace(/5/g, 's')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
}

export function foreignNames(tools: Iterable<ForeignTool>): ForeignNames {
  const byPlain = new Map<string, ForeignTool>()
  const byLook = new Map<string, ForeignTool[]>()
  for (const tool of tools) {
    if (byPlain.has(plain(tool.name))) continue
    byPlain.set(plain(tool.name), tool)
    const shape = look(tool.name)
    const alike = byLook.get(shape)
    if (alike === undefined) byLook.set(shape, [tool])
    else if (alike.length < 4) alike.push(tool)
  }
  return { byPlain, byLook }
}

/** Words in a text that can be nothing but a tool's name: with a separator or a capital inside. */
const nameLike =
  /\b[a-z][a-z0-9]{1,30}(?:[_-][a-z0-9]{1,30}){1,6}\b|\b[a-z]{2,20}(?:[A-Z][a-z0-9]{1,20}){1,5}\b/g
/** Words around a name that steer: the tool is to be used first, instead, never, or with something added. */
const steering =
  /\b(?:before|first|instead|never|do not|don't|always|must|prefer|replaces?|supersedes?|override|deprecated|when(?:ever)?|also|bcc|forward)\b/i
const maxMentions = 8

/** What a definition does with the names of other connectors' tools (T33): imitates one, or speaks of one. */
export function findForeignNames(
  own: { name: string; texts: readonly { path: string; text: string }[] },
  names: ForeignNames,
): Finding[] {
  const findings = [...imitated(own.name, names)]
  for (const { path, text } of own.texts) {
    for (const mention of text.matchAll(nameLike)) {
      if (findings.length >= maxMentions) return findings
      const foreign = names.byPlain.get(plain(mention[0]))
      if (foreign === undefined || plain(mention[0]) === plain(own.name)) continue
      findings.push(mentioned(foreign, { path, text, at: mention.index, word: mention[0] }))
    }
  }
  return findings
}

function mentioned(
  foreign: ForeignTool,
  place: { path: string; text: string; at: number; word: string },
): Finding {
  const { path, text, at, word } = place
  const steers = steering.test(text.slice(Math.max(0, at - 80), at + word.length + 80))
  const whose = 'a tool of another connector.'
  const reason = steers
    ? `It steers how ${shown(foreign)} is used, ${whose}`
    : `It speaks of ${shown(foreign)}, ${whose}`
  return {
    ...about('foreign-tool-named', reason),
    path,
    excerpt: word.slice(0, 64),
    weight: steers ? 0.7 : 0.3,
  }
}

function imitated(name: string, names: ForeignNames): Finding[] {
  const alike = names.byPlain.has(plain(name)) ? undefined : names.byLook.get(look(name))?.[0]
  if (alike === undefined) return []
  return [
    {
      ...about('look-alike-name', `The name looks like that of ${shown(alike)} and is another.`),
      path: 'name',
      excerpt: name.slice(0, 64),
      weight: 0.9,
    },
  ]
}

const shown = ({ name, connector }: ForeignTool) => `"${name.slice(0, 64)}" of ${connector.slice(0, 64)}`

const about = (detector: string, reason: string) => ({
  detector,
  reason,
  scanner: 'definitions' as const,
  category: 'tool-poisoning' as const,
  through: undefined,
})
