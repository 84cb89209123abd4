import type { FastifyBodyParser } from 'fastify'
import { GatewayError } from '../kernel/errors.ts'
import { JsonRefusal, refuseAmbiguity } from '../lib/raw-json.ts'

/** JSON as one value; a text that two readers could understand differently is refused. */
export function jsonReader(maxDepth: number): FastifyBodyParser<string> {
  return (_request, text, done) => {
    try {
      const json = String(text)
      if (json.trim() === '') return done(null, undefined)
      const value: unknown = JSON.parse(json)
      refuseAmbiguity(json, maxDepth)
      done(null, value)
    } catch (cause) {
      const detail = cause instanceof JsonRefusal ? cause.message : 'The body is not well-formed JSON.'
      done(new GatewayError('unreadable-json', detail))
    }
  }
}
