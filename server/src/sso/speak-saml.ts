import { SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import { decryptXml, parseDomFromString, xpath } from '@node-saml/node-saml/lib/xml.js'
import { GatewayError } from '../kernel/errors.ts'
import { checkAssertion, type SamlRefusal, SamlRefused } from './check-assertion.ts'
import type { Flow } from './keep-flow.ts'
import type { OwnKeys } from './keep-own-keys.ts'
import type { Claimed, Provider, SamlSettings } from './provider.ts'

export type SamlProvider = Provider & { readonly settings: SamlSettings }

/** SAML 2.0 as service provider: requests by redirect, signed assertions by POST, and nothing that was not asked for. */
export type Saml = {
  readonly entityId: string
  readonly acsUrl: string
  begin(provider: SamlProvider, flow: Flow): Promise<URL>
  /** What a response that answers `flowId` says. Throws SamlRefused. */
  judge(provider: SamlProvider, flowId: string, response: string): Promise<Claimed & { assertionId: string }>
  /** What providers import about us; one of them, with our key there. */
  metadata(provider: SamlProvider | undefined): Promise<string>
}

/** How far the clocks of both sides may be apart. */
export const skewMs = 60_000
const longest = 256 * 1024

export function openSaml(o: {
  publicUrl: URL
  ownKeysOf(provider: Provider): Promise<OwnKeys>
  now: () => number
}): Saml {
  const entityId = new URL('/api/v1/sign-in/saml/metadata', o.publicUrl).href
  const acsUrl = new URL('/api/v1/sign-in/saml/acs', o.publicUrl).href
  const clientOf = ({ settings }: SamlProvider, flowId: string, { key }: OwnKeys) =>
    new SAML({
      decryptionPvk: key,
      ...(settings.signRequests === true ? { privateKey: key, signatureAlgorithm: 'sha256' as const } : {}),
      callbackUrl: acsUrl,
      issuer: entityId,
      audience: entityId,
      entryPoint: settings.ssoUrl,
      idpCert: [...settings.certificates],
      idpIssuer: settings.entityId,
      identifierFormat: null,
      disableRequestedAuthnContext: true,
      // A signed response around an unsigned assertion is not enough: only the assertion is what is read.
      wantAssertionsSigned: true,
      wantAuthnResponseSigned: false,
      acceptedClockSkewMs: skewMs,
      validateInResponseTo: ValidateInResponseTo.always,
      // Known is the one request that this response has to answer; where it counts once is the caller's to see to.
      cacheProvider: {
        saveAsync: async () => null,
        getAsync: async (id) => (id === flowId ? new Date().toISOString() : null),
        removeAsync: async () => null,
      },
      generateUniqueId: () => flowId,
    })
  return {
    entityId,
    acsUrl,
    async begin(provider, flow) {
      const client = clientOf(provider, flow.id, await o.ownKeysOf(provider))
      return new URL(await client.getAuthorizeUrlAsync('', undefined, {}))
    },
    async judge(provider, flowId, response) {
      if (response.length > longest) throw new SamlRefused('shape')
      const xml = Buffer.from(response, 'base64').toString('utf8')
      const keys = await o.ownKeysOf(provider)
      await checkTexts(xml, keys)
      const profile = await clientOf(provider, flowId, keys)
        .validatePostResponseAsync({ SAMLResponse: response })
        .then(
          (answered) => answered.profile,
          (error: unknown) => {
            throw new SamlRefused(kindOf(error), error)
          },
        )
      if (profile?.getAssertion === undefined) throw new SamlRefused('shape')
      return checkAssertion(profile.getAssertion() as Record<string, unknown>, {
        issuer: provider.settings.entityId,
        audience: entityId,
        recipient: acsUrl,
        requestId: flowId,
        now: o.now(),
        emailAttribute: provider.settings.emailAttribute,
      })
    },
    async metadata(provider) {
      const keys = provider === undefined ? undefined : await o.ownKeysOf(provider)
      const isSigned = provider?.settings.signRequests === true
      return metadataOf({ entityId, acsUrl, keys, isSigned })
    },
  }
}

function metadataOf(o: {
  entityId: string
  acsUrl: string
  keys: OwnKeys | undefined
  isSigned: boolean
}): string {
  const body = o.keys?.certificate.replace(/-----[A-Z ]+-----|\s/g, '') ?? ''
  const keyFor = (use: string) =>
    `<KeyDescriptor use="${use}"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${body}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`
  const keys = o.keys === undefined ? '' : keyFor('signing') + keyFor('encryption')
  return `<?xml version="1.0"?>\n<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${o.entityId}"><SPSSODescriptor AuthnRequestsSigned="${o.isSigned}" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys}<AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${o.acsUrl}"/></SPSSODescriptor></EntityDescriptor>\n`
}

/** An encrypted assertion is looked at like the rest once it is open; SHA-1 is right where it only pads a key (OAEP). */
async function checkTexts(xml: string, { key }: OwnKeys): Promise<void> {
  const [sealed, ...others] = await encryptedIn(xml)
  if (others.length > 0) throw new SamlRefused('shape')
  if (sealed === undefined) return checkText(xml)
  if (/Algorithm\s*=\s*["'][^"']*(?:rsa-1_5|tripledes)/i.test(xml)) throw new SamlRefused('weak')
  checkText(xml.replaceAll(/<(\w+:)?EncryptedKey\b[\s\S]*?<\/(\w+:)?EncryptedKey>/g, ''))
  // What cannot be opened and what is not signed get the same word: no answer says which it was.
  const open = await decryptXml(sealed, key).catch((cause: unknown) => {
    throw new SamlRefused('signature', cause)
  })
  checkText(open)
}

/** Found as the library finds it, so that what is looked at is what is read. */
async function encryptedIn(xml: string): Promise<string[]> {
  if (/<!|<\?(?!xml[\s?])/.test(xml)) throw new SamlRefused('shape')
  try {
    const path = "/*[local-name()='Response']/*[local-name()='EncryptedAssertion']"
    return xpath.selectElements(await parseDomFromString(xml), path).map(String)
  } catch (cause) {
    throw new SamlRefused('signature', cause)
  }
}

/** What no honest response holds, and what readers of XML have disagreed about before: refused before it is parsed. */
function checkText(xml: string): void {
  if (/<!|<\?(?!xml[\s?])/.test(xml)) throw new SamlRefused('shape')
  if (/Algorithm\s*=\s*["'][^"']*(?:sha1|md5|hmac)/i.test(xml)) throw new SamlRefused('weak')
}

function kindOf(error: unknown): SamlRefusal {
  const words = error instanceof Error ? error.message : ''
  if (/expired|not yet valid|too old|subject confirmation/.test(words)) return 'time'
  if (/audience/i.test(words)) return 'audience'
  if (/InResponseTo/i.test(words)) return 'request'
  if (/returned \w+ error/.test(words)) return 'status'
  return 'signature'
}

/** The request a response says it answers: unsigned, and only good for finding the provider to judge it by. */
export function requestIdOf(response: string): string | undefined {
  if (response.length > longest) return undefined
  const xml = Buffer.from(response, 'base64').toString('utf8')
  return /<(?:\w+:)?Response\b[^>]*?\sInResponseTo\s*=\s*["']([^"']{1,200})["']/.exec(xml)?.[1]
}

export function refusalOf(provider: string, kind: string): GatewayError {
  const why = Object.hasOwn(words, kind) ? words[kind as SamlRefusal] : words.shape
  return new GatewayError('sso-refused', `The answer of ${provider} was not accepted: ${why}.`)
}

const words: Readonly<Record<SamlRefusal, string>> = {
  shape: 'it is not one complete SAML response',
  weak: 'it is signed with an algorithm that is no longer safe (SHA-1); set the provider to SHA-256',
  signature:
    'its assertion is not signed with one of the certificates entered here, or was changed afterwards',
  time: 'it is not valid at this moment; the clocks of both servers may be more than a minute apart',
  audience: 'it was made for another service',
  recipient: 'it was made for another address',
  issuer: 'it was made by another issuer',
  request: 'it does not answer the sign-in that was begun here',
  subject: 'it does not say who you are in a way that lasts (NameID)',
  status: 'the provider did not let you in',
  used: 'it was used before',
}
