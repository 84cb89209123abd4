type Question = { [name: string]: unknown }
type Made = { [name: string]: unknown; id: string }

/** Whether this browser can make and use passkeys from what the server asks. */
export function canUsePasskeys(): boolean {
  return (
    typeof PublicKeyCredential === 'function' &&
    typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function'
  )
}

/** Asks the device for a new passkey; rejects when the person says no. */
export async function makePasskey(question: Question): Promise<Made> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    question as unknown as PublicKeyCredentialCreationOptionsJSON,
  )
  return answerOf(await navigator.credentials.create({ publicKey }))
}

/** Asks the device to sign in with a passkey it has for this address. */
export async function askPasskey(question: Question): Promise<Made> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    question as unknown as PublicKeyCredentialRequestOptionsJSON,
  )
  return answerOf(await navigator.credentials.get({ publicKey }))
}

function answerOf(credential: Credential | null): Made {
  if (!(credential instanceof PublicKeyCredential)) throw new Error('The device gave no passkey.')
  return credential.toJSON() as unknown as Made
}

/** A refusal of the device in words: browsers say the same for a timeout as for a no. */
export function passkeyTrouble(error: unknown): Error {
  if (error instanceof DOMException && error.name === 'InvalidStateError')
    return new Error('This device has a passkey for you already.')
  if (error instanceof DOMException)
    return new Error(
      'The device did not answer: it was cancelled, took too long, or has no passkey for this address.',
    )
  return error instanceof Error ? error : new Error(String(error))
}
