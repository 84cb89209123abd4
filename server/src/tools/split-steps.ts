import { stemsOf } from './split-words.ts'

const maxSteps = 4
const fewestWords = 3
const border = /[.?!;。？！；\n]+\s*|,?\s+(?:and then|then|and also|also|finally|after that|and)\s+/i

/** The parts of a request that may each need a tool of their own, as words; empty when it is one step. */
export function splitSteps(query: string): string[][] {
  const steps = query
    .split(border)
    .map(stemsOf)
    .filter((words) => words.length >= fewestWords)
    .slice(0, maxSteps)
  return steps.length > 1 ? steps : []
}
