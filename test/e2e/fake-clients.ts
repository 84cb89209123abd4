import type { ConnectedClient, RedirectRule, Request } from '../../contract/client.ts'

const at = '2026-01-05T09:00:00.000Z'
const uuid = (n: number) => `0198c1de-7a00-7000-8000-${String(n).padStart(12, '0')}`

const client = (n: number, name: string, redirectUri: string): ConnectedClient => ({
  id: uuid(n),
  client_id: `client_${n}`,
  client_name: name,
  redirect_uri: redirectUri,
  resources: [{ uri: 'http://localhost:3000/mcp', name: 'Runlayer Plugin' }],
  created_at: at,
  last_used_at: null,
  last_used_ip: null,
})

const rule = (n: number, effect: RedirectRule['effect'], pattern: string): RedirectRule => ({
  id: uuid(n),
  effect,
  pattern,
  note: effect === 'block' ? 'Seen in a phishing letter' : '',
  created_by: null,
  created_at: at,
})

const request = (n: number, subject: string, more: Partial<Request> = {}): Request => ({
  id: uuid(n),
  kind: 'redirect_uri',
  subject,
  status: 'pending',
  requested_by: { id: uuid(4), email: 'grace@acme.example' },
  reason: 'For the new editor',
  detail: { client_name: 'Editor' },
  created_at: at,
  decided_at: null,
  decided_by: null,
  note: '',
  ...more,
})

/** AI clients of people, and what the stand-in says of where they may be sent. */
export const connectedClients = [
  client(901, 'Claude Code', 'http://127.0.0.1:33418/callback'),
  client(902, '', 'https://editor.example/oauth/callback'),
]
export const redirectRules = [
  rule(911, 'allow', 'https://*.acme.example/callback'),
  rule(912, 'block', 'https://acme-login.example/callback'),
]
export const requests = [
  request(921, 'https://editor.example/oauth/callback'),
  request(922, 'https://old.example/callback', { status: 'rejected', decided_at: at, note: 'Not ours' }),
]
