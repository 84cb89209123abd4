/** Rows made from the project's own writing: drawn together with a seed, so the same each time. */

import { seeded } from './learn.ts'
import {
  answers,
  asks,
  codeDeeds,
  deeds,
  directs,
  multilingual,
  notices,
  overrides,
  personaNames,
  personas,
  slots,
} from './own-attacks.ts'
import { discussions, prompts, steps } from './own-benign.ts'
import { bases, honest, overt, overtNames, paths, poisons } from './own-definitions.ts'
import type { Row } from './rows.ts'

type Draw = { random: () => number; pick<T>(items: readonly T[]): T; fill(text: string): string }

function draw(seed: number): Draw {
  const random = seeded(seed)
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (all, name: string) => {
      if (name === 'task') return fill(pick(pick([deeds, answers, notices, directs])))
      if (name === 'path') return pick(paths)
      if (name === 'ask') return pick(asks)
      return slots[name] === undefined ? all : pick(slots[name])
    })
  return { random, pick, fill }
}

const attackLists = { deeds, answers, notices, overrides, codeDeeds, multilingual } as const

/** Own attacks put into benign outputs. A row belongs to the group of its host, so that it is left out with it. */
export function planted(hosts: readonly Row[], count: number): Row[] {
  const { random, pick, fill } = draw(11)
  const usable = hosts.filter(
    ({ content, label, kind }) => content === 'tool_output' && label === 0 && kind === 'benign-output',
  )
  if (usable.length === 0) return []
  const names = [
    'deeds',
    'answers',
    'notices',
    'overrides',
    'deeds',
    'answers',
    'notices',
    'overrides',
    'codeDeeds',
    'multilingual',
  ] as const
  return Array.from({ length: count }, () => {
    const host = pick(usable)
    const name = pick(names)
    const template = Math.floor(random() * attackLists[name].length)
    const attack = fill(attackLists[name][template] ?? '')
    return {
      ...host,
      host: host.group,
      group: `own-${template % 3}`,
      text: plant(host.text, attack, random),
      label: 1,
      kind: `own-${name}`,
      source: `own-${name}`,
    }
  })
}

/** At the start, the end, a line's end or a sentence's end. */
function plant(text: string, attack: string, random: () => number): string {
  const where = random()
  if (where < 0.15) return `${attack} ${text}`
  if (where < 0.45) return `${text}${random() < 0.5 ? '\n' : ' '}${attack}`
  const ends = [...text.matchAll(/\n|[.!?] /g)].map((found) => found.index + found[0].length)
  const at = ends[Math.floor(random() * ends.length)] ?? text.length
  return `${text.slice(0, at)}${attack}${text.charAt(at - 1) === '\n' ? '\n' : ' '}${text.slice(at)}`
}

const row = (text: string, rest: Pick<Row, 'label' | 'kind' | 'content'>, part: number): Row => ({
  text,
  ...rest,
  source: rest.kind,
  group: `own-${part % 3}`,
})

export function rows(): Row[] {
  return [...ownInputs(), ...ownOutputs(), ...ownDefinitions()]
}

function ownInputs(): Row[] {
  const { random, pick, fill } = draw(12)
  const attack = { label: 1, content: 'tool_input' } as const
  const out: Row[] = prompts.map((text, at) =>
    row(text, { label: 0, content: 'tool_input', kind: 'own-prompts' }, at),
  )
  for (const [at, text] of multilingual.entries())
    out.push(row(text, { ...attack, kind: 'own-multilingual' }, at))
  for (let at = 0; at < 160; at++) {
    const template = Math.floor(random() * directs.length)
    out.push(row(fill(directs[template] ?? ''), { ...attack, kind: 'own-directs' }, template))
  }
  for (let at = 0; at < 60; at++) {
    const template = Math.floor(random() * overrides.length)
    out.push(row(fill(overrides[template] ?? ''), { ...attack, kind: 'own-overrides' }, template))
  }
  for (let at = 0; at < 240; at++) {
    const name = pick(personaNames)
    const count = 3 + Math.floor(random() * 10)
    const text = Array.from({ length: count }, () =>
      fill(
        personas[(Math.floor(random() * Math.floor(personas.length / 3)) * 3 + (at % 3)) % personas.length] ??
          '',
      ).replaceAll('{persona}', name),
    ).join(random() < 0.3 ? '\n' : ' ')
    out.push(row(text, { ...attack, kind: 'own-personas' }, at))
  }
  return out
}

function ownOutputs(): Row[] {
  const { random, pick } = draw(13)
  const benign = { label: 0, content: 'tool_output' } as const
  const out: Row[] = []
  for (let at = 0; at < 120; at++) {
    const text = Array.from({ length: 2 + Math.floor(random() * 6) }, () => pick(steps)).join(
      random() < 0.5 ? '\n' : ' ',
    )
    out.push(row(text, { ...benign, kind: 'own-steps' }, at))
    const talk = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
      pick(random() < 0.7 ? discussions : steps),
    ).join('\n')
    out.push(row(talk, { ...benign, kind: 'hard-negative-docs' }, at))
  }
  return out
}

function ownDefinitions(): Row[] {
  const { random, pick, fill } = draw(14)
  const out: Row[] = []
  const define = (name: string, description: string, note?: string) =>
    JSON.stringify({
      name,
      description,
      inputSchema: {
        type: 'object',
        properties: { value: { type: 'string', ...(note === undefined ? {} : { description: note }) } },
      },
    })
  const content = 'tool_definition'
  for (let at = 0; at < 420; at++) {
    const [name, base] = pick(bases)
    const template = Math.floor(random() * poisons.length)
    const poison = fill(poisons[template] ?? '')
    const more = random() < 0.4 ? ` ${pick(honest)}` : ''
    const inSchema = random() < 0.2
    out.push(
      row(
        inSchema
          ? define(name, base, poison + more)
          : define(name, random() < 0.2 ? `${poison} ${base}` : `${base} ${poison}${more}`),
        { label: 1, kind: 'own-poisons', content },
        template,
      ),
    )
    const fair = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(honest)).join(' ')
    out.push(
      row(
        random() < 0.2 ? define(name, base, fair) : define(name, `${base} ${fair}`),
        { label: 0, kind: 'own-honest', content },
        at,
      ),
    )
  }
  for (const [at, text] of overt.entries())
    out.push(row(define(overtNames[at] ?? '', text), { label: 1, kind: 'own-overt', content }, at))
  return out
}
