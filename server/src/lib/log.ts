/** The part of a pino logger the product uses: an object of fields, then a sentence. Never pass a secret or a body. */
export type Log = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
