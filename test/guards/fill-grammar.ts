/** Sentences from small grammars, drawn with a seed. */
import { seeded } from './learn.ts'

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** Fills braces from the inside out: either of `a|b`, or one of what a name stands for. */
export function filled(
  template: string,
  slots: Readonly<Record<string, string>>,
  pick: <T>(list: readonly T[]) => T,
) {
  let text = template
  for (let round = 0; round < 12 && text.includes('{'); round++)
    text = text.replace(/\{([^{}]*)\}/g, (_, inner: string) => {
      if (inner.includes('|')) return pick(inner.split('|'))
      const list = slots[inner === 'Bad' ? 'bad' : inner]
      if (list === undefined) return inner
      const one = pick(list.split('|'))
      return inner === 'Bad' ? capital(one) : one
    })
  return capital(
    text
      .replace(/ +/g, ' ')
      .replace(/ ([.,])/g, '$1')
      .trim(),
  )
}

/** Draws from a seed. */
export const drawn = (seed: number) => {
  const random = seeded(seed)
  return { random, pick: <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T }
}
export type Draw = ReturnType<typeof drawn>
