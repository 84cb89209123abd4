import { X509Certificate } from 'node:crypto'
import { Parser } from 'xml2js'
import { type FieldError, GatewayError } from '../kernel/errors.ts'

export type SamlAddress = { entityId: string; ssoUrl: string; certificates: readonly string[] }
/** As xml2js gives it: attributes in `$`, text in `_`, children in arrays by their local name. */
type Element = { $?: Record<string, string>; _?: string; [child: string]: unknown }

const redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'

/** One identity provider's metadata, as an administrator pasted it. Throws invalid-field. */
export async function readMetadata(xml: string): Promise<SamlAddress> {
  if (/<!(?!--)/.test(xml)) throw wrong('must hold no DOCTYPE')
  const entity = await parse(xml)
  const [idp] = childrenOf(entity, 'IDPSSODescriptor')
  if (idp === undefined) throw wrong('describes no identity provider')
  const service = childrenOf(idp, 'SingleSignOnService').find(({ $ }) => $?.['Binding'] === redirect)
  if (service === undefined) throw wrong('offers no sign-in by HTTP-Redirect')
  const certificates = childrenOf(idp, 'KeyDescriptor')
    .filter(({ $ }) => $?.['use'] !== 'encryption')
    .flatMap((key) => childrenOf(key, 'KeyInfo'))
    .flatMap((info) => childrenOf(info, 'X509Data'))
    .flatMap((data) => childrenOf(data, 'X509Certificate'))
    .map(({ _ = '' }) => readCertificate(_, 'body.saml.metadata'))
  if (certificates.length === 0) throw wrong('holds no certificate to check signatures with')
  return {
    entityId: entity.$?.['entityID'] ?? '',
    ssoUrl: service.$?.['Location'] ?? '',
    certificates: [...new Set(certificates)],
  }
}

/** A certificate in PEM or as the bare base64 of metadata, as PEM. Throws invalid-field. */
export function readCertificate(text: string, loc: string): string {
  const body = text.replace(/-----(BEGIN|END) CERTIFICATE-----|\s/g, '')
  try {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) throw new Error('not base64')
    return new X509Certificate(Buffer.from(body, 'base64')).toString()
  } catch (cause) {
    throw wrong('holds no readable certificate', loc, cause)
  }
}

async function parse(xml: string): Promise<Element> {
  const parser = new Parser({ explicitCharkey: true, tagNameProcessors: [localName] })
  try {
    const root: Record<string, unknown> = await parser.parseStringPromise(xml)
    const [entity] = elements(root['EntityDescriptor'])
    if (entity === undefined) throw wrong('must describe one entity')
    return entity
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : wrong('must be well-formed XML', undefined, cause)
  }
}

const localName = (name: string) => name.slice(name.indexOf(':') + 1)
const childrenOf = (element: Element, name: string) => elements(element[name])

function elements(value: unknown): Element[] {
  const list = value === undefined ? [] : [value].flat()
  return list.map((one) => (typeof one === 'object' && one !== null ? (one as Element) : { _: String(one) }))
}

function wrong(msg: string, loc = 'body.saml.metadata', cause?: unknown): GatewayError {
  const errors: FieldError[] = [{ loc, rule: 'metadata', msg }]
  return new GatewayError('invalid-field', `${loc}: ${msg}`, { errors, cause })
}
