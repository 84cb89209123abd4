/** Rows made from the project's own ordinary requests and notes, drawn with a seed. */
import { seeded } from './learn.ts'
import { middles, notes, questions, setupSlots, setups, wishes } from './own-setups.ts'
import type { Row } from './rows.ts'

type Draw = { random: () => number; pick<T>(items: readonly T[]): T; fill(text: string): string }

function draw(seed: number): Draw {
  const random = seeded(seed)
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T
  const fill = (text: string): string => {
    // One text speaks of the same person throughout.
    const name = pick(setupSlots['name'] ?? [''])
    return text.replace(/\{(\w+)\}/g, (all, slot: string) =>
      slot === 'name' ? name : setupSlots[slot] === undefined ? all : pick(setupSlots[slot]),
    )
  }
  return { random, pick, fill }
}

const benign = (text: string, rest: Pick<Row, 'kind' | 'content'>, part: number): Row => ({
  text: text.charAt(0).toUpperCase() + text.slice(1),
  ...rest,
  label: 0,
  source: rest.kind,
  group: 'own',
  fold: part,
})

/** Requests of ordinary people, long and short; a template is left out with all that was made of it. */
export function requestRows(): Row[] {
  const { random, pick, fill } = draw(21)
  const out: Row[] = []
  for (let at = 0; at < 600; at++) {
    const template = at % setups.length
    const middle = Array.from({ length: Math.floor(random() * 6) }, () => pick(middles))
    const end = Array.from({ length: 1 + Math.floor(random() * 2.5) }, () => pick(wishes))
    const text = fill([setups[template] ?? '', ...middle, ...end].join(random() < 0.1 ? '\n' : ' '))
    out.push(benign(text, { kind: 'own-setups', content: 'tool_input' }, template))
  }
  for (let at = 0; at < 700; at++) {
    const template = at % questions.length
    out.push(
      benign(fill(questions[template] ?? ''), { kind: 'own-questions', content: 'tool_input' }, template),
    )
  }
  return out
}

/** Mails, search results, passages and documents for agents. */
export function noteRows(): Row[] {
  const { random, pick, fill } = draw(22)
  return Array.from({ length: 260 }, (_, at) => {
    const template = at % notes.length
    const more = Array.from({ length: Math.floor(random() * 3) }, () =>
      pick([...middles, ...setups, ...questions]),
    )
    const text = fill([notes[template] ?? '', ...more].join(random() < 0.5 ? '\n' : ' '))
    return benign(text, { kind: 'own-notes', content: 'tool_output' }, template)
  })
}
