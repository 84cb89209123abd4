import type { SsoProvider } from '../api/shapes.ts'

/** What the form shows, as the screen has it. */
export type SsoDraft = {
  name: string
  issuer: string
  clientId: string
  secret: string
  scopes: string
  domains: string
  createPeople: boolean
  linkByEmail: boolean
  trustEmail: boolean
  shown: boolean
}

export function draftOf(provider: SsoProvider | undefined): SsoDraft {
  return {
    name: provider?.name ?? '',
    issuer: provider?.oidc?.issuer ?? '',
    clientId: provider?.oidc?.client_id ?? '',
    secret: '',
    scopes: provider?.oidc?.scopes.join(' ') ?? 'openid email profile',
    domains: provider?.domains.join(', ') ?? '',
    createPeople: provider?.create_people ?? true,
    linkByEmail: provider?.link_by_email ?? false,
    trustEmail: provider?.trust_email ?? false,
    shown: provider?.shown ?? true,
  }
}

const words = (text: string) => text.split(/[\s,;]+/).filter((word) => word !== '')

export function bodyOf(draft: SsoDraft) {
  return {
    name: draft.name.trim(),
    oidc: {
      issuer: draft.issuer.trim(),
      client_id: draft.clientId.trim(),
      scopes: words(draft.scopes),
      ...(draft.secret === '' ? {} : { client_secret: draft.secret }),
    },
    domains: words(draft.domains),
    create_people: draft.createPeople,
    link_by_email: draft.linkByEmail,
    trust_email: draft.trustEmail,
    shown: draft.shown,
  }
}

export function missingOf(draft: SsoDraft): string | undefined {
  if (draft.name.trim() === '') return 'Give it a name first'
  if (draft.issuer.trim() === '') return 'Enter the issuer first'
  return draft.clientId.trim() === '' ? 'Enter the client id first' : undefined
}
