import { failure, malformed, statusFailure } from './explain-failure.ts'
import { postHeaders, streamHeaders } from './http-headers.ts'
import { HttpPeer } from './http-peer.ts'
import type { Link } from './link.ts'
import type { Parts, Peer } from './session.ts'

/** The endpoint event names where to POST: under the same origin only, or a server could send our credential elsewhere. */
function endpointUrl(peer: Peer, base: URL, data: string): URL {
  const url = URL.canParse(data, base.href) ? new URL(data, base.href) : undefined
  if (url === undefined) throw malformed(peer.connector, 'an endpoint that is no URL')
  if (url.origin !== base.origin)
    throw failure(peer.connector, 'address-refused', 'named an endpoint at another origin.')
  return url
}

/**
 * Opens the HTTP+SSE transport of 2024-11-05: a GET stream whose first event names the address for POSTs; answers come on
 * the stream. Rejects when no endpoint event comes in time.
 */
export function openSseLink(parts: Parts, peer: Peer, base: URL): Promise<Link> {
  return new Promise((done, fail) => {
    const stream = new HttpPeer(parts, peer, base)
    const headers = postHeaders(peer.credential)
    let messages: HttpPeer | undefined
    let listener: Parameters<Link['listen']>[0] | undefined
    const end = (error: Error) => {
      clearTimeout(timer)
      exchange.abort()
      if (messages === undefined) fail(error)
      else listener?.onEnd(error)
    }
    const link: Link = {
      send: (text) => messages?.tell(messages.message('POST', headers, text)),
      listen: (given) => {
        listener = given
      },
      close: () => exchange.abort(),
    }
    const begin = (data: string) => {
      try {
        messages = new HttpPeer(parts, peer, endpointUrl(peer, base, data))
        clearTimeout(timer)
        done(link)
      } catch (error) {
        end(error as Error)
      }
    }
    const exchange = stream.exchange('streams', {
      onStreamStart: () => undefined,
      onBody: (status, _text, answer) => end(statusFailure(peer.connector, status, answer)),
      onEvent: (event, data) => {
        if (event === 'message' && data !== '') listener?.onText(data)
        else if (event === 'endpoint' && messages === undefined) begin(data)
      },
      onStreamEnd: () => end(failure(peer.connector, 'upstream-unreachable', 'ended its stream.')),
      onFailure: end,
    })
    const timer = setTimeout(
      () => end(failure(peer.connector, 'upstream-timeout', 'sent no endpoint event in time.')),
      parts.caps.openMs,
    )
    timer.unref()
    exchange.send(stream.message('GET', streamHeaders(peer.credential), null))
  })
}
