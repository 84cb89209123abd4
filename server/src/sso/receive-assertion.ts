import type { Keyring } from '../credentials/keyring.ts'
import { GatewayError } from '../kernel/errors.ts'
import { type SamlRefusal, SamlRefused } from './check-assertion.ts'
import type { Flow, Flows } from './keep-flow.ts'
import type { Claimed, Provider } from './provider.ts'
import { refusalOf, requestIdOf, type Saml, type SamlProvider } from './speak-saml.ts'
import type { SsoStore } from './store.ts'

/** The form a provider's page posts through the browser. */
export type SamlForm = { readonly response: string; readonly ip: string }

export type Assertions = {
  /**
   * Judges a response and answers the page of the console to go on to. What was right waits there, sealed, for the
   * browser that began; what was wrong is named in the address by a word.
   */
  receive(form: SamlForm): Promise<string>
  /** What waits for this flow. Throws sso-refused. */
  take(provider: SamlProvider, flow: Flow, error: string | undefined): Promise<Claimed>
}

/** How long an answer waits for its browser, which is on its way. */
const waitMs = 3 * 60_000
const bindOf = (flowId: string) => `sso-arrival ${flowId}`

export function openAssertions(parts: {
  saml: Saml
  flows: Flows
  store: SsoStore
  keyring: Pick<Keyring, 'seal' | 'open'>
  now: () => number
  /** Hears of what was refused; `why` is a word of ours. */
  onRefused(facts: { ip: string; why: string }): void
}): Assertions {
  const { saml, flows, store, keyring, now } = parts
  const judge = async (response: string, flowId: string, provider: SamlProvider) => {
    const { assertionId, ...claimed } = await saml.judge(provider, flowId, response)
    const at = new Date(now())
    const end = flows.expiryOf(flowId, provider.id)
    if (end === undefined) throw new SamlRefused('request')
    // Both the request and the assertion count once, whichever is shown again.
    const isFirst =
      (await store.use(flowId, end, at)) &&
      (await store.use(`assertion ${provider.id} ${assertionId}`, end, at))
    if (!isFirst) throw new SamlRefused('used')
    const arrival = {
      flowId,
      providerId: provider.id,
      sealed: keyring.seal(JSON.stringify(claimed), bindOf(flowId)),
      expiresAt: new Date(at.getTime() + waitMs),
    }
    await store.keepArrival(arrival, at)
  }
  const refused = (kind: SamlRefusal, flowId: string, ip: string): string => {
    parts.onRefused({ ip, why: `saml ${kind}` })
    return pageOf({ state: flowId, error: kind })
  }
  return {
    async receive({ response, ip }) {
      const flowId = requestIdOf(response)
      const provider = flowId === undefined ? undefined : await providerOf(parts, flowId)
      if (flowId === undefined || provider === undefined) return refused('request', '-', ip)
      try {
        await judge(response, flowId, provider)
        return pageOf({ state: flowId })
      } catch (error) {
        if (!(error instanceof SamlRefused)) throw error
        return refused(error.kind, flowId, ip)
      }
    },
    async take(provider, flow, error) {
      if (error !== undefined) throw refusalOf(provider.name, error)
      const sealed = await store.takeArrival(flow.id, provider.id, new Date(now()))
      if (sealed === undefined)
        throw new GatewayError('sso-refused', `No answer of ${provider.name} is waiting for this browser.`)
      return JSON.parse(keyring.open(sealed, bindOf(flow.id))) as Claimed
    },
  }
}

/** The provider a request of ours was made for: its id is signed, so nothing in the response can choose another. */
async function providerOf(
  { store, flows }: { store: SsoStore; flows: Flows },
  flowId: string,
): Promise<SamlProvider | undefined> {
  return (await store.list()).find(
    (one): one is SamlProvider => isSaml(one) && flows.expiryOf(flowId, one.id) !== undefined,
  )
}

export function isSaml(provider: Provider): provider is SamlProvider {
  return provider.settings.kind === 'saml'
}

function pageOf(search: Record<string, string>): string {
  return `/sign-in/callback?${new URLSearchParams(search)}`
}
