/** A text to find, and what is said when it stands somewhere: the rule it belongs to, and where that rule begins. */
export type Literal = {
  readonly text: string
  readonly rule: number
  readonly from: number
  readonly to: number
}

/** Characters in so few classes that a state's row fits two lines of the processor's cache. */
const classBits = 6
const classCount = 1 << classBits
/** Classes that characters share which come late; sharing finds too much, never too little. */
const sharedClasses = 24

/**
 * Finds many short texts in one pass over a long one, whatever their number (Aho and Corasick). Upper and lower case of
 * ASCII are one. `moves` leads from state and class to state; states from `firstHit` on are ends of texts, and
 * `entries` of each such state say what ends there.
 */
export type LiteralFinder = {
  readonly classes: Uint8Array
  readonly moves: Uint16Array
  readonly firstHit: number
  /** Of the state `firstHit + n`, entries begin at `starts[n]` and end at `starts[n + 1]`. */
  readonly starts: Int32Array
  readonly rules: Int32Array
  /** The rule may begin so many characters before the end of the text, at least and at most. */
  readonly nearest: Int32Array
  readonly farthest: Int32Array
}

export { classBits }

type Node = { next: Map<number, Node>; fallback: Node | undefined; ends: Literal[]; number: number }

export function findLiterals(literals: readonly Literal[]): LiteralFinder {
  const classes = classesOf(literals)
  const root = newNode()
  for (const literal of literals) plant(root, literal, classes)
  const nodes = linked(root)
  if (nodes.length > 0xffff) throw new Error('too many texts for one finder')
  const isHit = (node: Node) => node.ends.length > 0
  const ordered = [...nodes.filter((node) => !isHit(node)), ...nodes.filter(isHit)]
  for (const [number, node] of ordered.entries()) node.number = number
  return { classes, moves: movesOf(nodes), ...entriesOf(ordered.filter(isHit)) }
}

const newNode = (): Node => ({ next: new Map(), fallback: undefined, ends: [], number: 0 })

/** Class 0 holds all characters that stand in no text. */
function classesOf(literals: readonly Literal[]): Uint8Array {
  const classes = new Uint8Array(0x10000)
  let next = 1
  const give = (code: number) => {
    if (classes[code] !== 0) return
    const isOwn = code < 128 && next < classCount - sharedClasses
    classes[code] = isOwn ? next++ : classCount - sharedClasses + (code % sharedClasses)
  }
  for (let code = 0x61; code <= 0x7a; code++) give(code)
  for (const { text } of literals) for (let at = 0; at < text.length; at++) give(text.charCodeAt(at))
  for (let code = 0x41; code <= 0x5a; code++) classes[code] = classes[code + 32] ?? 0
  return classes
}

function plant(root: Node, literal: Literal, classes: Uint8Array): void {
  let node = root
  for (let at = 0; at < literal.text.length; at++) {
    const kind = classes[literal.text.charCodeAt(at)] ?? 0
    let next = node.next.get(kind)
    if (next === undefined) {
      next = newNode()
      node.next.set(kind, next)
    }
    node = next
  }
  node.ends.push(literal)
}

/** All nodes, nearest to the root first; each linked to the longest other text that ends alike. */
function linked(root: Node): Node[] {
  const nodes = [root]
  for (const node of nodes) {
    for (const [kind, next] of node.next) {
      let fallback = node.fallback
      while (fallback !== undefined && !fallback.next.has(kind)) fallback = fallback.fallback
      next.fallback = fallback?.next.get(kind) ?? root
      next.ends.push(...next.fallback.ends)
      nodes.push(next)
    }
  }
  return nodes
}

function movesOf(nodes: readonly Node[]): Uint16Array {
  const moves = new Uint16Array(nodes.length << classBits)
  for (const node of nodes) {
    const row = node.number << classBits
    const other = (node.fallback?.number ?? 0) << classBits
    // The row of the shorter text is complete: it stands nearer to the root.
    if (node.fallback !== undefined) moves.copyWithin(row, other, other + classCount)
    for (const [kind, next] of node.next) moves[row + kind] = next.number
  }
  return moves
}

function entriesOf(hits: readonly Node[]): Omit<LiteralFinder, 'classes' | 'moves'> {
  const all = hits.flatMap(({ ends }) => withoutRepeats(ends))
  const starts = new Int32Array(hits.length + 1)
  for (const [at, { ends }] of hits.entries())
    starts[at + 1] = (starts[at] ?? 0) + withoutRepeats(ends).length
  return {
    firstHit: hits[0]?.number ?? 0x10000,
    starts,
    rules: Int32Array.from(all, ({ rule }) => rule),
    nearest: Int32Array.from(all, ({ text, from }) => text.length + from),
    farthest: Int32Array.from(all, ({ text, to }) => text.length + to),
  }
}

function withoutRepeats(ends: readonly Literal[]): Literal[] {
  const kept = new Map<string, Literal>()
  for (const end of ends)
    kept.set(`${end.rule} ${end.text.length + end.from} ${end.text.length + end.to}`, end)
  return [...kept.values()]
}
