import type { RunningServer } from '../support/server.ts'

type Good = Record<string, { path: string; body: Record<string, unknown> }>

/** Good bodies of the operations about who gets in and who acts for whom, with what they name made first. */
export async function signInBodies(server: RunningServer, connectorId: string): Promise<Good> {
  const make = (path: string, body: object) => server.api<{ id: string }>('POST', `/api/v1/${path}`, body)
  const agent = await make('agent-accounts', { name: 'bot' })
  const trusted = await make('agent-accounts', { name: 'other bot' })
  const delegation = await make('delegations', { agent_account_id: trusted.id })
  const oidc = { issuer: 'https://idp.example.com', client_id: 'console' }
  const provider = await make('sso-providers', { name: 'Acme', oidc })
  return {
    createAgentAccount: { path: '/api/v1/agent-accounts', body: { name: 'third bot' } },
    updateAgentAccount: { path: `/api/v1/agent-accounts/${agent.id}`, body: { description: '' } },
    createDelegation: { path: '/api/v1/delegations', body: { agent_account_id: agent.id } },
    updateDelegation: { path: `/api/v1/delegations/${delegation.id}`, body: { server_ids: [connectorId] } },
    createSessionGrant: {
      path: '/api/v1/session-grants',
      body: { delegation_id: delegation.id, server_id: connectorId },
    },
    createProvisioningToken: { path: '/api/v1/directory/tokens', body: { name: 'Okta' } },
    createTrustedIssuer: {
      path: '/api/v1/oauth/trusted-issuers',
      body: { issuer: 'https://idp.example.com', jwks_uri: 'https://idp.example.com/jwks' },
    },
    createSsoProvider: {
      path: '/api/v1/sso-providers',
      body: {
        name: 'Other',
        oidc: { ...oidc, client_secret: 'x', scopes: ['openid'] },
        domains: ['acme.example'],
        mapping: {
          groups: { claim: 'groups', by_name: true, rows: [] },
          attributes: [{ claim: 'dept', attribute: 'department' }],
        },
      },
    },
    updateSsoProvider: { path: `/api/v1/sso-providers/${provider.id}`, body: { name: 'Acme', oidc } },
    beginSingleSignOn: { path: '/api/v1/sign-in/single-sign-on', body: { provider_id: agent.id } },
    createSessionBySingleSignOn: { path: '/api/v1/sessions/single-sign-on', body: { state: 'x', code: 'x' } },
    completeSsoTest: { path: '/api/v1/sso-tests/complete', body: { state: 'x', code: 'x' } },
  }
}
