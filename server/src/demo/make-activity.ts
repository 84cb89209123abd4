import type { Audit } from '../audit/audit.ts'
import type { Outcome } from '../kernel/entry.ts'
import { newId } from '../kernel/ids.ts'
import type { DemoConnectors } from './add-connectors.ts'
import type { DemoPerson, GroupName } from './add-people.ts'
import type { DemoKind } from './demo-connectors.ts'

type Entry = Parameters<Audit['importDemo']>[0][number]
type Scene = {
  kind: DemoKind
  tool: string
  args: Record<string, unknown>
  /** What it answers when it goes well. */
  says: string
  /** Why it goes wrong when it does. */
  fails: string
  ms: number
}

export const activityEntries = 400
const days = 7
const dayMs = 24 * 3600 * 1000

const clients = [
  { name: 'claude-code', version: '2.4.1' },
  { name: 'cursor-vscode', version: '1.9.0' },
  { name: 'Visual Studio Code', version: '1.108.2' },
  { name: 'mcp-inspector', version: '2.12.0' },
] as const

const readme: Scene = {
  kind: 'filesystem',
  tool: 'read_text_file',
  args: { path: 'README.txt' },
  says: 'Welcome to the sample folder.',
  fails: 'ENOENT: no such file',
  ms: 9,
}
const notes: Scene = {
  kind: 'memory',
  tool: 'search_nodes',
  args: { query: 'plants' },
  says: '{"entities":[],"relations":[]}',
  fails: 'The memory file is being written.',
  ms: 12,
}
/** What each group does on a usual day. */
const usual: Readonly<Record<GroupName, readonly Scene[]>> = {
  Engineering: [
    readme,
    notes,
    {
      kind: 'filesystem',
      tool: 'search_files',
      args: { path: '.', pattern: '*.md' },
      says: 'meeting-notes.md',
      fails: 'Access denied: the path is outside of the allowed folder',
      ms: 21,
    },
    {
      kind: 'everything',
      tool: 'echo',
      args: { message: 'hello' },
      says: 'Echo: hello',
      fails: 'The connector did not answer in time.',
      ms: 4,
    },
    {
      kind: 'everything',
      tool: 'get-sum',
      args: { a: 17, b: 25 },
      says: 'The sum of 17 and 25 is 42.',
      fails: 'The connector did not answer in time.',
      ms: 5,
    },
    {
      kind: 'everything',
      tool: 'trigger-long-running-operation',
      args: { duration: 4, steps: 4 },
      says: 'Long running operation completed.',
      fails: 'The connector did not answer in time.',
      ms: 4_020,
    },
  ],
  Finance: [
    { ...readme, args: { path: 'budget.csv' }, says: 'team,quarter,planned,spent' },
    {
      kind: 'filesystem',
      tool: 'list_directory',
      args: { path: '.' },
      says: '[FILE] README.txt\n[FILE] budget.csv',
      fails: 'ENOENT: no such folder',
      ms: 8,
    },
  ],
  Support: [
    notes,
    {
      kind: 'memory',
      tool: 'create_entities',
      args: {
        entities: [{ name: 'Ticket 4711', entityType: 'ticket', observations: ['Solved by restart'] }],
      },
      says: '[{"name":"Ticket 4711"}]',
      fails: 'The memory file is being written.',
      ms: 15,
    },
  ],
}
/** What each group tries although a rule forbids it. */
const forbidden: Readonly<Record<GroupName, Scene>> = {
  Engineering: {
    ...readme,
    tool: 'write_file',
    args: { path: 'README.txt', content: 'Changed.' },
  },
  Finance: { ...readme, tool: 'write_file', args: { path: 'budget.csv', content: '' } },
  Support: { ...notes, tool: 'delete_entities', args: { entityNames: ['Ticket 4711'] } },
}
/** What people ask the search for before they run a tool. */
const questions: Readonly<Record<string, string>> = {
  read_text_file: 'read a text file',
  search_nodes: 'what did I note about plants',
  search_files: 'find files by name',
  echo: 'say it back to me',
  'get-sum': 'add two numbers',
  'trigger-long-running-operation': 'start something that takes long',
  list_directory: 'which files are there',
  create_entities: 'remember something',
}
const searchToCallMs = 30_000

type Cast = { people: readonly DemoPerson[]; connectors: DemoConnectors; untilMs: number }

/** A made-up week that ends at `untilMs`, oldest first: the same people on the same days always do the same things. */
export function makeActivity({ people, connectors, untilMs }: Cast): Entry[] {
  if (people.length === 0) return []
  const random = seeded(20_260_728)
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const times = Array.from({ length: activityEntries }, () => workTime(random, untilMs)).sort((a, b) => a - b)
  const entries: Entry[] = []
  while (entries.length < activityEntries) {
    const timeMs = times[entries.length] as number
    const person = one(people)
    const client = one(clients)
    const chance = random()
    const durationFactor = 0.6 + random() * random() * 3
    const base = { person, client, timeMs, durationFactor }
    const scene = one(usual[person.group])
    if (chance < 0.15 && entries.length < activityEntries - 1) {
      const call = { ...base, timeMs: timeMs + searchToCallMs }
      entries.push(searched(base, { scene, connectors, luck: random() }))
      entries.push(called(call, scene, connectors, 'success'))
    } else if (chance < 0.22) entries.push(called(base, forbidden[person.group], connectors, 'denied'))
    else entries.push(called(base, scene, connectors, chance < 0.28 ? 'failure' : 'success'))
  }
  return entries.sort((a, b) => a.timeMs - b.timeMs)
}

type Base = { person: DemoPerson; client: (typeof clients)[number]; timeMs: number; durationFactor: number }

type Question = { scene: Scene; connectors: DemoConnectors; luck: number }

/** A search that mostly shows the tool that is run next, first or second; now and then another one, or nothing. */
function searched(
  { person, client, timeMs, durationFactor }: Base,
  { scene, connectors, luck }: Question,
): Entry {
  const name = (kind: DemoKind, tool: string) => `${connectors[kind].name.toLowerCase()}_${tool}`
  const wanted = name(scene.kind, scene.tool)
  const other = name('filesystem', 'get_file_info')
  const hits = luck < 0.65 ? [wanted, other] : luck < 0.85 ? [other, wanted] : luck < 0.95 ? [other] : []
  return {
    timeMs,
    durationMs: Math.round(3 * durationFactor),
    open: {
      ...common(person, client, timeMs),
      action: 'tool_searched',
      arguments: JSON.stringify({ meta: 'Looking for the right tool', query: questions[scene.tool] }),
    },
    close: { action: 'tool_searched', outcome: 'success', result: JSON.stringify({ hits }) },
  }
}

function called(base: Base, scene: Scene, connectors: DemoConnectors, outcome: Outcome): Entry {
  const { person, client, timeMs, durationFactor } = base
  const action =
    outcome === 'denied' ? 'policy_denied' : outcome === 'failure' ? 'tool_call_failure' : 'tool_call_success'
  const content = (text: string) => JSON.stringify({ content: [{ type: 'text', text }] })
  return {
    timeMs,
    durationMs: outcome === 'denied' ? 1 : Math.round(scene.ms * durationFactor),
    open: {
      ...common(person, client, timeMs),
      action: 'tool_call_success',
      serverId: connectors[scene.kind].id,
      tool: scene.tool,
      arguments: JSON.stringify(scene.args),
      meta: 'Part of the demo',
    },
    close: {
      action,
      outcome,
      serverId: connectors[scene.kind].id,
      tool: scene.tool,
      ...(outcome === 'success' ? { result: content(scene.says) } : {}),
      ...(outcome === 'failure'
        ? { error: scene.fails, reason: 'the connector answered with an error' }
        : {}),
      ...(outcome === 'denied' ? { reason: 'A rule denies this.' } : {}),
    },
  }
}

function common(person: DemoPerson, client: Base['client'], timeMs: number) {
  const requestId = newId(Math.trunc(timeMs))
  return {
    actor: { type: 'user', id: person.id, email: person.email },
    requestId,
    correlationId: requestId,
    clientName: client.name,
    clientVersion: client.version,
    ip: '192.0.2.10',
    via: 'runlayer',
  } as const
}

/** A moment of the days before `untilMs`: mostly around noon (UTC), seldom at night. */
function workTime(random: () => number, untilMs: number): number {
  const midnight = Math.floor(untilMs / dayMs) * dayMs - Math.floor(random() * days) * dayMs
  // The mean of three is bell-shaped around the middle of the day.
  const ofDay = random() < 0.1 ? random() : (random() + random() + random()) / 3
  const time = midnight + ofDay * dayMs
  return time < untilMs - 60_000 ? time : time - days * dayMs
}

/** Numbers of [0, 1) that are the same for the same seed (mulberry32); made-up data needs no better chance. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
