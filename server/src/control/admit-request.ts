import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../kernel/caller.ts'
import type { ShownProof } from '../kernel/challenge.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServedHosts } from './served-hosts.ts'

/** What identity offers the REST door. */
export type CallerSource = {
  /** Throws or rejects GatewayError('unauthenticated'). */
  authenticate(presented: {
    authorization: string | undefined
    apiKey: string | undefined
    cookie: string | undefined
    ip: string
    takesOrganizationKeys: boolean
    resource?: string
    keyProof?: ShownProof | undefined
  }): Caller | Promise<Caller>
  csrfTokenOf(caller: Caller): string
}

export type Admission = {
  hosts: ServedHosts
  identity: CallerSource
  /** Resolves once changes made elsewhere are known here, or rejects busy (contract.md §4). */
  ensureFresh(): Promise<void> | undefined
}

type Arrived = { method: string; url: string; headers: IncomingHttpHeaders; ip: string }

/**
 * Who is calling, judged before anything else: a bad credential is refused as one whatever else is wrong with the
 * request, and nothing of the body has been read yet. Throws GatewayError.
 */
export async function admitCaller(admission: Admission, request: Arrived): Promise<Caller> {
  const { authorization, cookie } = request.headers
  const apiKey = single(request.headers['x-runlayer-api-key'])
  if (authorization === undefined && apiKey === undefined && cookie === undefined) {
    admission.hosts.check(request.headers)
    throw new GatewayError(
      'unauthenticated',
      'Send an API key in Authorization: Bearer or in x-runlayer-api-key, or sign in to the console.',
    )
  }
  const fresh = admission.ensureFresh()
  if (fresh !== undefined) await fresh
  const caller = await admission.identity.authenticate({
    authorization,
    apiKey,
    cookie,
    ip: request.ip,
    takesOrganizationKeys: true,
    // Access tokens count here only when they are for REST.
    resource: '/api/v1',
    keyProof: keyProofOf(request),
  })
  admission.hosts.check(request.headers)
  if (caller.proof.kind === 'session' && request.method !== 'GET' && request.method !== 'HEAD') {
    checkCsrf(admission.identity.csrfTokenOf(caller), single(request.headers['x-csrf-token']))
  }
  return caller
}

function keyProofOf({ headers, method, url }: Arrived): ShownProof | undefined {
  const text = headers['dpop']
  return typeof text === 'string' ? { text, method, path: url.split('?')[0] ?? '/' } : undefined
}

/** A cookie travels with any page's request; the token does not (the browser keeps it from other origins). */
function checkCsrf(expected: string, given: string | undefined): void {
  if (given === undefined || !sameText(expected, given)) {
    throw new GatewayError(
      'csrf-refused',
      'The x-csrf-token header is missing or does not belong to this session.',
    )
  }
}

/** Compares secrets without telling by time where they differ. */
export function sameText(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
