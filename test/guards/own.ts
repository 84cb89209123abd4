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
import { codeBodies, codeLeads, errands, grammar, manners, messages, scenes } from './own-grammar.ts'
import { languages as wellKnown } from './own-languages.ts'
import { moreLanguages } from './own-languages-more.ts'
import { noticeRows } from './own-notices.ts'
import { noteRows, requestRows } from './own-requests.ts'
import { partCounts, partOf, type Row } from './rows.ts'
import { writtenMails } from './written-texts.ts'

type Draw = { random: () => number; pick<T>(items: readonly T[]): T; fill(text: string): string }

function draw(seed: number): Draw {
  const random = seeded(seed)
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T
  const fill = (text: string): string =>
    text
      .replace(/\{([^{}]*\|[^{}]*)\}/g, (_, either: string) => pick(either.split('|')))
      .replace(/\{(\w+)\}/g, (all, name: string) => {
        if (grammar[name] !== undefined) return fill(pick(grammar[name]))
        if (name === 'task') return fill(pick(pick([deeds, answers, notices, directs])))
        if (name === 'path') return pick(paths)
        if (name === 'ask') return pick(asks)
        return slots[name] === undefined ? all : pick(slots[name])
      })
  return { random, pick, fill }
}

const languages = { ...wellKnown, ...moreLanguages }
const fence = '\u0060\u0060\u0060'
const code = codeLeads.flatMap((lead) => codeBodies.map((body) => `${lead}\n${fence}\n${body}\n${fence}\n`))
const tongues = Object.values(languages).flatMap(({ drops, tasks, asks }) => [
  ...drops.flatMap((drop) => tasks.slice(0, 3).map((task) => `${drop} ${task}`)),
  ...tasks,
  ...asks,
])
const attackLists = {
  deeds,
  answers,
  notices,
  overrides,
  codeDeeds: [...codeDeeds, ...code, ...code],
  multilingual: [...multilingual, ...tongues],
  manners,
  errands,
  messages,
} as const
/** What is planted, as often as it stands here. */
const plantedNames = [
  'deeds',
  'answers',
  'notices',
  'overrides',
  'deeds',
  'manners',
  'manners',
  'messages',
  'messages',
  'errands',
  'errands',
  'codeDeeds',
  'codeDeeds',
  'multilingual',
  'requests',
  'requests',
  'requests',
] as const

/**
 * Own attacks and people's requests put into benign outputs. A row is left out with its host, and so is its template: a
 * template stands in hosts of one part only.
 */
export function planted(hosts: readonly Row[], count: number, requests: readonly string[]): Row[] {
  const { random, pick, fill } = draw(11)
  const usable = hosts.filter(
    ({ content, label, kind }) => content === 'tool_output' && label === 0 && kind === 'benign-output',
  )
  if (usable.length === 0) return []
  const parts = [...Map.groupBy(usable, partOf).entries()]
  return Array.from({ length: count }, (_, at) => {
    const [part, part_hosts] = parts[at % parts.length] as [number, Row[]]
    const host = pick(part_hosts)
    const name = pick(plantedNames)
    const list = name === 'requests' ? requests : attackLists[name]
    const mine = list.filter((_, template) => template % partCounts.tool_output === part)
    const attack = fill(pick(mine.length === 0 ? list : mine))
    return {
      ...host,
      fold: part,
      text: plant(host.text, attack, random),
      label: 1 as const,
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
  group: 'own',
  fold: part,
})

export function rows(): Row[] {
  return [
    ...ownInputs(),
    ...requestRows(),
    ...ownLanguages(),
    ...ownOutputs(),
    ...noteRows(),
    ...noticeRows(),
    ...writtenMails().map((text, at) =>
      row(text, { label: 0, content: 'tool_output', kind: 'own-letters' }, at),
    ),
    ...ownDefinitions(),
  ]
}

/** Requests and attacks in other languages, and plain sentences of the same. A template is left out in all languages. */
function ownLanguages(): Row[] {
  const { random, pick } = draw(15)
  const out: Row[] = []
  const some = (list: readonly string[], at: number) => list[at % list.length] ?? ''
  for (const [name, { drops, tasks, roles, asks, plain }] of Object.entries(languages)) {
    const put = (text: string, label: 0 | 1, at: number) =>
      out.push({
        ...row(text, { label, content: 'tool_input', kind: 'own-multilingual' }, at),
        group: `language-${name}`,
      })
    for (let at = 0; at < 12; at++) {
      put(`${some(drops, at)} ${some([...tasks, ...asks], at * 5 + 1)}`, 1, at)
      put(random() < 0.5 ? some(asks, at) : `${some(roles, at)} ${some([...asks, ...tasks], at * 3)}`, 1, at)
      put(random() < 0.6 ? some(plain, at) : `${pick(plain)} ${some(plain, at)}`, 0, at)
      put(some(plain, at), 0, at)
    }
    for (let at = 0; at < 5; at++)
      out.push(
        row(
          Array.from({ length: 2 + Math.floor(random() * 4) }, () => pick(plain)).join(' '),
          { label: 0, content: 'tool_output', kind: 'own-plain' },
          at + name.length,
        ),
      )
  }
  return out
}

function ownInputs(): Row[] {
  const { random, pick, fill } = draw(12)
  const attack = { label: 1, content: 'tool_input' } as const
  const out: Row[] = prompts.map((text, at) =>
    row(text, { label: 0, content: 'tool_input', kind: 'own-prompts' }, at),
  )
  for (let at = 0; at < 120; at++) {
    const template = Math.floor(random() * scenes.length)
    out.push(
      row(fill(scenes[template] ?? '').trim(), { label: 0, content: 'tool_input', kind: 'own-scenes' }, at),
    )
  }
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
