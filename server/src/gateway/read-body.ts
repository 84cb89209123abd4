import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../kernel/errors.ts'

/** The whole body as text; refuses more than `maxBytes` (by length or by count) and what is no UTF-8. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const tooLarge = () =>
      new GatewayError('body-too-large', `the request body may have at most ${maxBytes} bytes`)
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      request.resume()
      reject(tooLarge())
      return
    }
    let first: Buffer | undefined
    let rest: Buffer[] | undefined
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) {
        request.removeAllListeners('data')
        request.resume()
        reject(tooLarge())
      } else if (first === undefined) first = chunk
      else if (rest === undefined) rest = [first, chunk]
      else rest.push(chunk)
    })
    request.on('end', () => {
      const whole = rest === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(rest)
      if (isUtf8(whole)) resolve(whole.toString('utf8'))
      else reject(new GatewayError('unreadable-json', 'the body is not valid UTF-8'))
    })
    request.on('error', (cause) =>
      reject(new GatewayError('unreadable-json', 'the body ended early', { cause })),
    )
  })
}
