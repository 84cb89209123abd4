import { createHmac, hash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose'
import { proofAlgorithms, type ShownProof } from '../kernel/challenge.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { Log } from '../lib/log.ts'
import type { ProofStore } from './proof-store.ts'

/** How far the clock of a client may be from ours; one that is further away needs our nonce. */
const toleranceMs = 60_000
const nonceStepMs = 60_000
/** Longer than any proof can be shown again: a nonce lives three steps, and clocks differ. */
const spentMs = 6 * 60_000
const sweepMs = 60_000
const maxLength = 8_192
/** Proofs one process takes in a minute: each is a row for some minutes. */
const maxPerMinute = 100_000

export type Proofs = {
  /**
   * The thumbprint of the key the proof was made with, spent hereby. With a token, the proof must be for it, and made with
   * the key it is bound to. Throws key-proof-refused, key-proof-nonce or busy.
   */
  take(proof: ShownProof | undefined, token?: { text: string; boundTo: string | undefined }): Promise<string>
  close(): void
}

export type ProofParts = { store: ProofStore; secret: Buffer; base: string; now: () => number; log: Log }

const refuse = (why: string, cause?: unknown) => new GatewayError('key-proof-refused', why, { cause })

/** Judges proofs of possession (RFC 9449 §4.3). Each counts once, on whichever process it is shown. */
export function checkProofs({ store, secret, base, now, log }: ProofParts): Proofs {
  const nonces = proofNonces(secret, now)
  let taken = 0
  const sweeping = setInterval(() => {
    taken = 0
    store
      .sweep(new Date(now()))
      .catch((error: unknown) => log.warn({ err: error }, 'spent proofs could not be removed'))
  }, sweepMs).unref()
  return {
    async take(proof, token) {
      if (proof === undefined) throw refuse('This token is bound to a key: send a proof of the key with it.')
      const { payload, thumbprint } = await readProof(proof.text, now)
      checkTarget(payload, proof.method, `${base}${proof.path}`)
      checkTime(payload, nonces, now)
      if (token !== undefined) checkToken(payload, thumbprint, token)
      if (++taken > maxPerMinute) throw new GatewayError('busy', 'too many proofs in this minute')
      const id = hash('sha256', JSON.stringify([thumbprint, payload.jti]), 'base64url')
      if (!(await store.spend(id, new Date(now() + spentMs))))
        throw refuse('This proof was used before: make a new one for each request.')
      return thumbprint
    },
    close: () => clearInterval(sweeping),
  }
}

async function readProof(
  text: string,
  now: () => number,
): Promise<{ payload: JWTPayload; thumbprint: string }> {
  if (text.length > maxLength) throw refuse('The proof is too long.')
  try {
    const { payload, protectedHeader } = await jwtVerify(text, EmbeddedJWK, {
      algorithms: [...proofAlgorithms],
      typ: 'dpop+jwt',
      currentDate: new Date(now()),
    })
    return { payload, thumbprint: await calculateJwkThumbprint(protectedHeader.jwk ?? {}) }
  } catch (thrown) {
    throw refuse('The proof is no dpop+jwt signed by the public key in its header.', thrown)
  }
}

/** Whatever address somebody reached us by, a proof is for the public one; query and fragment do not count. */
function checkTarget({ htm, htu }: JWTPayload, method: string, expected: string): void {
  if (htm !== method) throw refuse('The proof is for another method (htm).')
  const told = typeof htu === 'string' ? URL.parse(htu) : null
  if (told !== null) {
    told.hash = ''
    told.search = ''
  }
  if (told?.href !== new URL(expected).href) throw refuse('The proof is for another address (htu).')
}

/** A nonce counts where the clock does not; where it does, none is needed. */
function checkTime({ iat, jti, nonce }: JWTPayload, nonces: Nonces, now: () => number): void {
  if (typeof jti !== 'string' || jti === '') throw refuse('The proof has no id of its own (jti).')
  if (typeof iat !== 'number') throw refuse('The proof does not say when it was made (iat).')
  if (Math.abs(now() - iat * 1000) <= toleranceMs) return
  if (typeof nonce === 'string' && nonces.isGood(nonce)) return
  throw new GatewayError(
    'key-proof-nonce',
    'The proof is not of this moment: put the nonce into a new one.',
    {
      data: { dpop_nonce: nonces.current() },
    },
  )
}

function checkToken(
  { ath }: JWTPayload,
  thumbprint: string,
  { text, boundTo }: { text: string; boundTo: string | undefined },
): void {
  if (ath !== hash('sha256', text, 'base64url')) throw refuse('The proof is for another token (ath).')
  if (boundTo === undefined) throw refuse('This token is not bound to a key: send it as Bearer.')
  if (thumbprint !== boundTo) throw refuse('The token is bound to another key.')
}

type Nonces = { current(): string; isGood(nonce: string): boolean }

/** Nothing to remember: each process of the installation derives the same nonces from its clock. */
function proofNonces(secret: Buffer, now: () => number): Nonces {
  const at = (step: number) => createHmac('sha256', secret).update(String(step)).digest('base64url')
  const step = () => Math.floor(now() / nonceStepMs)
  return {
    current: () => at(step()),
    isGood: (nonce) => [1, 0, -1, -2].some((ago) => at(step() + ago) === nonce),
  }
}
