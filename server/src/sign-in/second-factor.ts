import { createHmac } from 'node:crypto'
import { GatewayError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import type { SignInStore } from './store.ts'
import { makeRecoveryCodes, makeTotpSecret, plainRecoveryCode, stepOf, totpUri } from './totp.ts'

/** Codes of an authenticator app, asked for after the password, and recovery codes for when the phone is gone. */
export type SecondFactor = {
  isOn(userId: UserId): Promise<boolean>
  codesLeft(userId: UserId): Promise<number>
  /** Takes a code of either kind, each once. */
  takes(userId: UserId, code: string): Promise<boolean>
  /** A secret to put into an app; nothing is asked for until a code of it was confirmed. Throws conflict. */
  draft(person: { id: UserId; email: string }): Promise<{ secret: string; uri: string }>
  /** Throws invalid-field for a wrong code. Answers recovery codes, shown once. */
  confirm(userId: UserId, code: string): Promise<string[]>
  renewCodes(userId: UserId): Promise<string[]>
  turnOff(userId: UserId): Promise<boolean>
}

export function openSecondFactor(parts: {
  store: SignInStore
  keyring: { seal(plain: string, bind: string): string; open(sealed: string, bind: string): string }
  codeKey: Buffer
  productName: string
  now: () => number
}): SecondFactor {
  const { store, keyring, now } = parts
  const bindOf = (userId: UserId) => `totp:${userId}`
  const hashOf = (userId: UserId, code: string) =>
    createHmac('sha256', parts.codeKey)
      .update(`${userId} ${plainRecoveryCode(code)}`)
      .digest('base64url')
  const takesStep = async (userId: UserId, sealed: string, code: string): Promise<boolean> => {
    const step = stepOf(keyring.open(sealed, bindOf(userId)), code.replace(/\s/g, ''), now())
    return step !== undefined && (await store.takeStep(userId, step))
  }
  return {
    isOn: async (userId) => (await store.totp(userId))?.isConfirmed === true,
    codesLeft: store.codesLeft,
    async takes(userId, code) {
      const totp = await store.totp(userId)
      if (totp?.isConfirmed !== true) return false
      return (await takesStep(userId, totp.sealed, code)) || store.takeCode(userId, hashOf(userId, code))
    },
    async draft({ id, email }) {
      const secret = makeTotpSecret()
      if (!(await store.draftTotp(id, keyring.seal(secret, bindOf(id)), new Date(now()))))
        throw new GatewayError(
          'conflict',
          'Codes are asked for already. Turn that off first to use another app.',
        )
      return { secret, uri: totpUri({ secret, account: email, issuer: parts.productName }) }
    },
    async confirm(userId, code) {
      const totp = await store.totp(userId)
      if (totp === undefined || totp.isConfirmed)
        throw new GatewayError('conflict', 'There is no authenticator app waiting to be confirmed.')
      if (!(await takesStep(userId, totp.sealed, code))) {
        const error = {
          loc: 'body.code',
          rule: 'code',
          msg: 'This is not the code the app shows now. See that its clock is right.',
        }
        throw new GatewayError('invalid-field', `${error.loc}: ${error.msg}`, { errors: [error] })
      }
      const codes = makeRecoveryCodes()
      await store.confirmTotp(
        userId,
        new Date(now()),
        codes.map((one) => hashOf(userId, one)),
      )
      return codes
    },
    async renewCodes(userId) {
      if ((await store.totp(userId))?.isConfirmed !== true)
        throw new GatewayError('conflict', 'Recovery codes belong to an authenticator app. Set one up first.')
      const codes = makeRecoveryCodes()
      await store.putCodes(
        userId,
        codes.map((one) => hashOf(userId, one)),
      )
      return codes
    },
    turnOff: store.removeTotp,
  }
}
