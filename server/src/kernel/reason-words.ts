/** What people read about each reason: a title, and what to do next. */
export const reasonWords = {
  unauthenticated: { title: 'A valid credential is needed', next: 'Send an API key that is active.' },
  'key-proof-refused': {
    title: 'The proof of a key is wrong or missing',
    next: 'Send the token with the scheme DPoP and a new proof for this request in the header DPoP.',
  },
  'key-proof-nonce': {
    title: 'The proof needs a nonce',
    next: 'Make a new proof with the nonce of the header DPoP-Nonce, and set the clock of this machine.',
  },
  'scope-missing': {
    title: 'The access token allows too little for this',
    next: 'Ask for a token once more, with the scopes that the header WWW-Authenticate names and those it had.',
  },
  'sign-in-refused': {
    title: 'You were not signed in',
    next: 'Check what you entered, or use another way to sign in.',
  },
  'second-factor-required': {
    title: 'One more step',
    next: 'Send the same again with the code of your authenticator app, or a recovery code.',
  },
  'sign-in-again': {
    title: 'Sign in once more first',
    next: 'Sign out and in again, then repeat this within 15 minutes.',
  },
  'sso-refused': {
    title: 'Single sign-on did not work',
    next: 'Begin again on the sign-in page; if it fails again, show this to an administrator.',
  },
  'sso-no-account': {
    title: 'You proved who you are, but may not come in here',
    next: 'Ask an administrator of this installation, naming the reason above.',
  },
  'sso-required': {
    title: 'Your organization signs in with single sign-on',
    next: 'Choose your identity provider on the sign-in page.',
  },
  'provider-failed': {
    title: 'The identity provider did not answer as it should',
    next: 'Try again in a moment; an administrator can test the provider on the page Single sign-on.',
  },
  'not-allowed': {
    title: 'Your role does not allow this',
    next: 'Ask an administrator for the role that has this capability.',
  },
  'origin-refused': {
    title: 'This origin may not call the server',
    next: 'Call from the configured public URL.',
  },
  'host-refused': { title: 'This host name is not served here', next: 'Use the configured public URL.' },
  'csrf-refused': {
    title: 'The request did not come from the console',
    next: 'Reload the console and try again.',
  },
  'redirect-blocked': {
    title: 'This redirect URI is blocked for your organization',
    next: 'Check that the client is an official one, and tell an administrator which connector and client you used.',
  },
  'redirect-unknown': {
    title: 'This redirect URI has not been approved yet',
    next: 'Ask an administrator to approve it, then continue.',
  },
  'not-found': {
    title: 'No such thing',
    next: 'Check the id; it may have been deleted or is not visible to you.',
  },
  'method-not-allowed': {
    title: 'This method is not offered here',
    next: 'See the API reference for the methods of this path.',
  },
  conflict: {
    title: 'This would clash with what exists',
    next: 'Read the current state and send the change again.',
  },
  'body-too-large': { title: 'The request body is too large', next: 'Send a smaller body.' },
  'unsupported-media': { title: 'The content type is not supported', next: 'Send application/json.' },
  'invalid-field': { title: 'A field is not valid', next: 'Correct the fields named in errors.' },
  'unreadable-json': {
    title: 'The body is not readable JSON',
    next: 'Send one well-formed JSON value without duplicate keys.',
  },
  'invalid-request': { title: 'The message is not a valid JSON-RPC request', next: 'Correct the message.' },
  'method-unknown': { title: 'Unknown method', next: 'Use a method that the server advertised.' },
  'invalid-params': { title: 'The parameters are not valid', next: 'Correct the parameters.' },
  'header-mismatch': {
    title: 'A header contradicts the body',
    next: 'Send Mcp-* headers that mirror the body.',
  },
  'capability-missing': {
    title: 'The client lacks a capability this call needs',
    next: 'Declare the capability or use another client.',
  },
  'version-unsupported': {
    title: 'This protocol version is not supported',
    next: 'Use one of the supported versions.',
  },
  'session-unknown': { title: 'Unknown or ended MCP session', next: 'Initialize again.' },
  'state-refused': { title: 'The request state is not valid', next: 'Call again from the start.' },
  'tool-unknown': { title: 'Unknown tool', next: 'List or search the tools you may use.' },
  'resource-unknown': { title: 'Unknown resource', next: 'List the resources you may read.' },
  'prompt-unknown': { title: 'Unknown prompt', next: 'List the prompts you may use.' },
  'task-unknown': { title: 'Unknown task', next: 'Call the tool again.' },
  'arguments-invalid': {
    title: 'The arguments do not fit the tool',
    next: 'Correct the arguments to match the input schema.',
  },
  'call-denied': {
    title: 'Policy denied this call',
    next: 'Ask an administrator for access, naming the rule.',
  },
  'content-blocked': {
    title: 'A guard blocked this content',
    next: 'Read the reason; an administrator can change the guard settings.',
  },
  'rate-limited': { title: 'Too many requests', next: 'Wait and try again.' },
  'needs-connection': {
    title: 'Your own values for this connector are missing',
    next: 'Open the connector in the console and connect it.',
  },
  'upstream-unreachable': {
    title: 'The connector could not be reached',
    next: 'Try again later; an administrator can look at the connector health.',
  },
  'upstream-timeout': {
    title: 'The connector did not answer in time',
    next: 'Try again later or ask for less.',
  },
  'upstream-failed': {
    title: 'The connector answered with an error',
    next: 'An administrator can look at the connector health.',
  },
  'upstream-malformed': {
    title: 'The connector sent something that is not MCP',
    next: 'Report it to the owner of the connector.',
  },
  'upstream-too-large': { title: 'The answer of the connector is too large', next: 'Ask for less.' },
  'upstream-refused': {
    title: 'The connector refused our credential',
    next: 'Check the credential of the connector.',
  },
  'address-refused': {
    title: 'This address may not be reached',
    next: 'Use a public address or ask the operator to allow the network.',
  },
  'hosting-failed': {
    title: 'The hosted server could not be started',
    next: 'Look at the log of the connector.',
  },
  busy: { title: 'A limit of this installation is reached', next: 'Try again in a moment.' },
  'call-lost': { title: 'The waiting call is no longer here', next: 'Call again from the start.' },
  'audit-unavailable': {
    title: 'The call could not be recorded, so it did not run',
    next: 'Try again; an administrator should look at the disk.',
  },
  'secret-unavailable': {
    title: 'A secret could not be read where it is kept',
    next: 'Try again in a minute; if it stays, an administrator checks the secret store and the connector’s reference.',
  },
  'not-finished': {
    title: 'A part of it could not be done',
    next: 'Do the same again: what was done stays done. If it stays, an administrator should look at the database.',
  },
  stopping: { title: 'The server is shutting down', next: 'Try again in a moment.' },
  internal: {
    title: 'Something went wrong in the gateway',
    next: 'Try again; give the request id to your administrator.',
  },
} as const satisfies Record<string, { title: string; next: string }>
