import { isIP } from 'node:net'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { GatewayError } from '../kernel/errors.ts'
import { newId, type UserId } from '../kernel/ids.ts'
import type { Challenge, Challenges } from './challenge.ts'
import type { Passkey, SignInStore } from './store.ts'

type Person = { id: UserId; email: string; name: string }
export type Question = { state: string; options: Record<string, unknown> }
export type Answer = { state: string; response: Record<string, unknown> }

/** Keys that stay in a person's device and sign for this origin alone, which no look-alike page can use. */
export type Passkeys = {
  /** False where the public URL is a bare address: browsers want a name (WebAuthn §5.1.2, RP ID). */
  readonly isOffered: boolean
  list(userId: UserId): Promise<Passkey[]>
  questionToAdd(person: Person): Promise<Question>
  add(person: Person, name: string, answer: Answer): Promise<Passkey>
  remove(userId: UserId, id: string): Promise<boolean>
  questionToSignIn(): Promise<Question>
  /** Whose passkey signed. `identified` hears of it before the challenge is used up. Throws sign-in-refused. */
  check(answer: Answer, identified: (userId: UserId) => Promise<void>): Promise<UserId>
}

const mostPasskeys = 20

type PasskeyParts = {
  store: SignInStore
  challenges: Challenges
  publicUrl: URL
  productName: string
  now: () => number
}

export function openPasskeys(parts: PasskeyParts): Passkeys {
  const { store, publicUrl } = parts
  const rpID = publicUrl.hostname
  const isOffered = isIP(rpID.replace(/^\[|\]$/g, '')) === 0
  const checkOffered = () => {
    if (!isOffered)
      throw new GatewayError(
        'conflict',
        'Passkeys need an address with a name. This one is a bare IP address.',
      )
  }
  const use = async ({ id, expiresAt }: Challenge): Promise<boolean> =>
    store.answerChallenge(id, expiresAt, new Date(parts.now()))
  const ground: Ground = {
    ...parts,
    checkOffered,
    use,
    rpID,
    expected: { expectedOrigin: publicUrl.origin, expectedRPID: rpID, requireUserVerification: true },
  }
  return {
    isOffered,
    list: store.passkeys,
    remove: store.removePasskey,
    ...adding(ground),
    ...signingIn(ground),
  }
}

type Ground = PasskeyParts & {
  checkOffered(): void
  use(challenge: Challenge): Promise<boolean>
  rpID: string
  expected: { expectedOrigin: string; expectedRPID: string; requireUserVerification: boolean }
}

/** Loaded with the first passkey: most processes never see one. */
const library = () => import('@simplewebauthn/server')

function adding({
  store,
  challenges,
  productName,
  now,
  ...o
}: Ground): Pick<Passkeys, 'questionToAdd' | 'add'> {
  return {
    async questionToAdd(person) {
      o.checkOffered()
      const { challenge, state } = challenges.make(`add ${person.id}`)
      const { generateRegistrationOptions } = await library()
      const options = await generateRegistrationOptions({
        rpName: productName,
        rpID: o.rpID,
        userName: person.email,
        userDisplayName: person.name || person.email,
        userID: bytesOf(Buffer.from(person.id)),
        challenge: bytesOf(Buffer.from(challenge, 'base64url')),
        attestationType: 'none',
        excludeCredentials: (await store.passkeys(person.id)).map((known) => ({ id: known.credentialId })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      })
      return { state, options: { ...options } }
    },
    async add(person, name, { state, response }) {
      o.checkOffered()
      const challenge = challenges.read(state, `add ${person.id}`)
      if (challenge === undefined || !(await o.use(challenge))) throw refused()
      if ((await store.passkeys(person.id)).length >= mostPasskeys)
        throw new GatewayError('conflict', `You already have ${mostPasskeys} passkeys. Remove one first.`)
      const { verifyRegistrationResponse } = await library()
      const { registrationInfo } = await verifyRegistrationResponse({
        response: response as unknown as RegistrationResponseJSON,
        expectedChallenge: challenge.id,
        ...o.expected,
      }).catch(refuse)
      if (registrationInfo === undefined) throw refused()
      const { credential } = registrationInfo
      const at = new Date(now())
      const passkey: Passkey = {
        id: newId(at.getTime()),
        userId: person.id,
        credentialId: credential.id,
        publicKey: Buffer.from(credential.publicKey).toString('base64url'),
        counter: credential.counter,
        transports: credential.transports ?? [],
        name,
        createdAt: at,
        lastUsedAt: null,
      }
      if (!(await store.addPasskey(passkey)))
        throw new GatewayError('conflict', 'This passkey is known already.')
      return passkey
    },
  }
}

function signingIn({ store, challenges, now, ...o }: Ground): Pick<Passkeys, 'questionToSignIn' | 'check'> {
  return {
    async questionToSignIn() {
      o.checkOffered()
      const { challenge, state } = challenges.make('sign in')
      // Few words, so no need of the library: any passkey of this address, and its owner has to be there.
      return { state, options: { challenge, rpId: o.rpID, userVerification: 'required', timeout: 60_000 } }
    },
    async check({ state, response }, identified) {
      const challenge = challenges.read(state, 'sign in')
      const credentialId = response['id']
      const known = typeof credentialId === 'string' ? await store.passkey(credentialId) : undefined
      if (challenge === undefined || known === undefined) throw refused()
      const { verifyAuthenticationResponse } = await library()
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: response as unknown as AuthenticationResponseJSON,
        expectedChallenge: challenge.id,
        ...o.expected,
        credential: {
          id: known.credentialId,
          publicKey: bytesOf(Buffer.from(known.publicKey, 'base64url')),
          counter: known.counter,
        },
      }).catch(refuse)
      if (!verified) throw refused()
      await identified(known.userId)
      if (!(await o.use(challenge))) throw refused()
      await store.usePasskey(known.id, authenticationInfo.newCounter, new Date(now()))
      return known.userId
    },
  }
}

function bytesOf(bytes: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

const refused = (cause?: unknown) =>
  new GatewayError(
    'sign-in-refused',
    'This passkey is unknown here, or its answer came too late. Try again.',
    cause === undefined ? {} : { cause },
  )

function refuse(cause: unknown): never {
  throw refused(cause)
}
