import type { OAuthSettings } from '../kernel/connector.ts'
import type { FieldError } from '../kernel/errors.ts'
import type { Settings } from './settings.ts'

// No quotes, spaces or brackets: the address ends up in a browser (T17).
const plainUrl = /^https?:\/\/[^\s"'<>\\^`{|}]+$/

function wrong(loc: string, rule: string, msg: string): FieldError {
  return { loc: `body.auth.${loc}`, rule, msg }
}

/** The rules of OAuth settings. What they leave open is found out when somebody connects. */
export function checkOAuth(settings: Settings): FieldError[] {
  const { type, oauth = {}, clientSecret } = settings.auth
  if (type !== 'oauth') {
    const given = clientSecret !== undefined || Object.values(oauth).some((value) => value !== undefined)
    return given ? [wrong('type', 'oauth-only', 'Only auth of type oauth has settings of OAuth.')] : []
  }
  const errors = [...checkAddresses(oauth), ...checkClient(oauth, clientSecret), ...checkBroker(oauth)]
  if (Object.keys(settings.headers).some((name) => name.toLowerCase() === 'authorization'))
    errors.push(
      wrong('type', 'header-reserved', 'The access token fills the authorization header; remove yours.'),
    )
  return errors
}

function checkAddresses(oauth: OAuthSettings): FieldError[] {
  const named = [
    ['issuer', oauth.issuer],
    ['authorization_url', oauth.authorizationUrl],
    ['token_url', oauth.tokenUrl],
  ] as const
  const errors = named.flatMap(([loc, address]) =>
    address === undefined || plainUrl.test(address)
      ? []
      : [wrong(loc, 'http-url', 'This must be an http or https URL.')],
  )
  const isHalf = (oauth.authorizationUrl === undefined) !== (oauth.tokenUrl === undefined)
  const isOwn = oauth.flow !== undefined && oauth.flow !== 'authorization_code'
  if (isHalf && !isOwn)
    errors.push(
      wrong('token_url', 'both-urls', 'Give both the authorization URL and the token URL, or neither.'),
    )
  return errors
}

/** The broker brings its own client and addresses. */
function checkBroker(oauth: OAuthSettings): FieldError[] {
  if (oauth.broker === undefined) return []
  const { clientId, issuer, authorizationUrl, tokenUrl, tokenAuth, flow } = oauth
  const others = [clientId, issuer, authorizationUrl, tokenUrl, tokenAuth]
  if (others.every((value) => value === undefined) && (flow ?? 'authorization_code') === 'authorization_code')
    return []
  return [wrong('broker', 'broker-only', 'With a broker, leave client id, issuer, addresses and flow to it.')]
}

function checkClient(oauth: OAuthSettings, secret: string | undefined): FieldError[] {
  const needed = (msg: string) => [wrong('client_id', 'required', msg)]
  if (oauth.flow === 'client_credentials' && (oauth.clientId === undefined || secret === undefined))
    return needed('Client credentials need a client id and its secret.')
  const isForPeople = oauth.flow === 'token_exchange' || oauth.flow === 'id_jag'
  if (isForPeople && oauth.credential === 'shared')
    return [wrong('credential', 'personal-only', 'Such a token is made for each person.')]
  if (isForPeople && oauth.clientId === undefined)
    return needed('This flow needs the client that may act for people there.')
  if (oauth.clientId !== undefined) return []
  if (oauth.tokenUrl !== undefined)
    return needed('Without metadata no client can be registered: give its id.')
  return secret === undefined ? [] : needed('A client secret belongs to a client id.')
}
