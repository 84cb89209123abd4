/** A refusal in the words of OAuth (RFC 6749 §5.2); `description` is safe to show. */
export class BrokerRefusal extends Error {
  override readonly name = 'BrokerRefusal'
  readonly error: string
  readonly description: string
  readonly status: number
  constructor(error: string, description: string, status = 400, cause?: unknown) {
    super(`${error}: ${description}`, { cause })
    this.error = error
    this.description = description
    this.status = status
  }
}
