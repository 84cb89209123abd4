import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** A question put to a browser that the server need not remember: it comes back signed, and is answered once. */
export type Challenge = { readonly id: string; readonly expiresAt: Date }

export type Challenges = {
  /** `purpose` ties the challenge to its use and, where there is one, to its person. */
  make(purpose: string): { challenge: string; state: string }
  /** undefined for a state that is not ours, is for something else, or has expired. */
  read(state: string, purpose: string): Challenge | undefined
}

const lifeMs = 5 * 60_000

export function openChallenges(key: Buffer, now: () => number): Challenges {
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url')
  return {
    make(purpose) {
      const challenge = randomBytes(32).toString('base64url')
      const text = `${challenge}.${now() + lifeMs}`
      return { challenge, state: `${text}.${sign(`${purpose} ${text}`)}` }
    },
    read(state, purpose) {
      const [id = '', end = '', signature = ''] = state.split('.')
      const [given, right] = [Buffer.from(signature), Buffer.from(sign(`${purpose} ${id}.${end}`))]
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
      return Number(end) > now() ? { id, expiresAt: new Date(Number(end)) } : undefined
    },
  }
}
