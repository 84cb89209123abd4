export type Snippet = {
  id: string
  client: string
  how: string
  text: string
  link?: { label: string; href: string }
}

/** What to paste where, per client. `name` becomes the name of the server in the client. */
export function clientSnippets(url: string, name: string): Snippet[] {
  const key = 'rl_YOUR_KEY'
  const withHeader = { url, headers: { 'x-runlayer-api-key': key } }
  const http = { type: 'http', ...withHeader }
  const cursor = `cursor://anysphere.cursor-deeplink/mcp/install?name=${encodeURIComponent(name)}&config=${encodeURIComponent(btoa(JSON.stringify(withHeader)))}`
  return [
    {
      id: 'claude-code',
      client: 'Claude Code',
      how: 'Run in a terminal.',
      text: `claude mcp add --transport http ${name} ${url} \\\n  --header "x-runlayer-api-key: ${key}"`,
    },
    {
      id: 'cursor',
      client: 'Cursor',
      how: 'Add to ~/.cursor/mcp.json, or use the install link.',
      text: JSON.stringify({ mcpServers: { [name]: withHeader } }, null, 2),
      link: { label: 'Install in Cursor', href: cursor },
    },
    {
      id: 'vscode',
      client: 'VS Code',
      how: 'Add to .vscode/mcp.json, or use the install link.',
      text: JSON.stringify({ servers: { [name]: http } }, null, 2),
      link: {
        label: 'Install in VS Code',
        href: `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name, ...http }))}`,
      },
    },
    {
      id: 'json',
      client: 'Other clients',
      how: 'Any client that speaks Streamable HTTP and sends a header.',
      text: JSON.stringify({ mcpServers: { [name]: http } }, null, 2),
    },
  ]
}
