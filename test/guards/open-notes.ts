/**
 * What schemas say of anything, in the words that orders about anything are made of: that a word stands in orders then says
 * nothing by itself. Honest, drawn for training only.
 */
import { capital, type Draw, filled } from './fill-grammar.ts'
import { type Dealt, dealtWords, kindsOfThings, plural } from './order-words.ts'

const templates: readonly string[] = [
  'The {value} {of|for|in} the {one}',
  'The {value} of the {one} {of|for|in|from|by} {the} {one}',
  "The {one}'s {word}",
  'The {one} {that|which|to which|for which} {the} {one} {belongs|is sent|was made|is shown|refers}',
  '{thing} {value}',
  '{word} {word}',
  '{value} {of|for|by} {many}',
  'Number of {many} {to return|per page|in the answer|that match|allowed}',
  'List of {many}{|, comma separated| to include| of {the} {one}}',
  'Whether {the} {one} {is|was|has been|can be} {included|needed|public|shared|paid|shown|checked|valid|closed|deleted|open}',
  '{Is|Does|Has|Was} the {one} {need|include|have|contain} a {word}?',
  'Only {many} {after|before|from|with|without|near|above} this {value}',
  'Filter {many} by {value}',
  'Sort {many} by {value}{|, newest first| or by name}',
  'If {true|set|given|false}, {many} {are|are not|will be} {returned|included|left out|shown|counted|sorted}',
  'What kind of {word} {the} {one} is',
  "'{word}' {means|is|stands for|refers to} a {word}, '{word}' a {thing}",
  '{One of|Either|For example|E.g.|Such as|Options:} {word}, {word}, {word}',
  '{Monthly|Yearly|Total|Gross|Estimated|Daily|Current|Minimum|Maximum|Average} {word} of the {one}',
  'The {word} {where|in which|at which} the {person} {lives|works|is|was|stays}',
  'You can get {it|this|these} from {the|your} {thing}',
  '{Whether to|How to|When to|Used to|What to|Set to true to|Needed to|Needed if you want to|How often to|Where to} {verb} {the|a|each|} {one}',
  'The {word} to {verb}',
  '{Time|Date|User|Reason|Place|Account|Address} {at which|from which|for which|by which|to which} {the} {one} {was|is|will be} {made|sent|bought|signed|moved|opened}',
  '{Required|Optional|Ignored|Not used|Valid} {when|if|unless} {the} {one} {is|has} a {word}',
  'A {thing} {with|without|that has|of} {many}',
]

const fixed = {
  the: 'the|the|the|a|each|this|that',
  value:
    'name|id|identifier|number|date|type|kind|state|status|amount|length|size|list|count|title|text|address|location|time|share|rate|currency|language|format|reason|code|label|start|end|year|value|age|price|unit|path|version|page|category|description|owner',
}

export function drawOpenNotes(count: number, dealt: Dealt, { pick }: Draw): string[] {
  const { verbs, things, people } = dealtWords(dealt)
  const kinds = kindsOfThings.join('|')
  const slots = {
    ...fixed,
    word: things.join('|'),
    person: people.join('|'),
    verb: verbs.join('|'),
    many: things.map(plural).join('|'),
    thing: `{word}|{word}|{word}|{kind} {word}`,
    one: `{thing}|{thing}|{person}`,
    kind: kinds,
  }
  return Array.from({ length: count }, () =>
    capital(`${filled(pick(templates), slots, pick)}${pick(['.', '.', '', ''])}`),
  )
}
