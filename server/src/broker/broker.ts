/** The OAuth broker: one redirect address vendors approved once, serving the gateways of an organisation (product.md §15.4). */
import type { GuardedFetch } from '../lib/guarded-fetch.ts'
import type { Log } from '../lib/log.ts'
import { codeExchanger } from './exchange-code.ts'
import { type BrokerAnswer, type BrokerRequest, failed, found, json, parametersOf } from './messages.ts'
import { BrokerRefusal } from './refuse.ts'
import { gatewayRegistrar } from './register-gateway.ts'
import { sealedForms } from './sealed-forms.ts'
import { sendToGateway, sendToVendor } from './send-to-vendor.ts'
import { readVendors } from './vendors.ts'

export type Broker = {
  /** Answers one request; never throws. */
  answer(request: BrokerRequest): Promise<BrokerAnswer>
}

export type BrokerParts = {
  readonly publicUrl: URL
  readonly version: string
  /** The text of the file of vendors. */
  readonly vendors: string
  /** Origins of the gateways that may register. */
  readonly gateways: readonly string[]
  readonly secretKeys: readonly Buffer[]
  readonly fetch: GuardedFetch
  readonly now: () => number
  readonly log: Log
}

export function openBroker(parts: BrokerParts): Broker {
  const { fetch, now, log } = parts
  const base = parts.publicUrl.href.replace(/\/+$/, '')
  const vendors = readVendors(parts.vendors)
  const forms = sealedForms(parts.secretKeys, now)
  const redirectUri = `${base}/callback`
  const issuerOf = (vendor: string) => `${base}/vendors/${vendor}`
  const register = gatewayRegistrar({ vendors, forms, fetch, gateways: parts.gateways, redirectUri, now })
  const exchange = codeExchanger({ vendors, forms, fetch, redirectUri })
  const journey = { vendors, forms, redirectUri, issuerOf }

  const routes: Record<string, (request: BrokerRequest) => BrokerAnswer | Promise<BrokerAnswer>> = {
    'GET /api/v1/utils/health-check/': () => json(200, { status: 'ok', version: parts.version, checks: {} }),
    'POST /register': async ({ body }) => json(201, await register(jsonOf(body))),
    'GET /authorize': ({ query }) => found(sendToVendor(journey, query)),
    'GET /callback': ({ query }) => found(sendToGateway(journey, query)),
    'POST /token': async ({ body }) => json(200, await exchange(new URLSearchParams(body))),
  }
  async function route(request: BrokerRequest): Promise<BrokerAnswer> {
    const own = routes[`${request.method} ${request.path}`]
    if (own !== undefined) return await own(request)
    const [, vendor] =
      /^\/\.well-known\/oauth-authorization-server\/vendors\/([a-z0-9-]+)$/.exec(request.path) ?? []
    if (request.method === 'GET' && vendor !== undefined && vendors.has(vendor))
      return json(200, metadataOf(base, issuerOf(vendor)))
    throw new BrokerRefusal('not_found', 'there is nothing at this address', 404)
  }
  return {
    async answer(request) {
      try {
        return await route(parametersOf(request))
      } catch (error) {
        if (error instanceof BrokerRefusal) return failed(request, error)
        log.error({ err: error }, 'a request to the broker failed')
        return failed(request, new BrokerRefusal('server_error', 'the broker failed', 500))
      }
    },
  }
}

function metadataOf(base: string, issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    registration_endpoint: `${base}/register`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    authorization_response_iss_parameter_supported: true,
  }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new BrokerRefusal('invalid_client_metadata', 'the body is no JSON')
  }
}
