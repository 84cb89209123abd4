/** The client command of the official suite: has the gateway's upstream side, running elsewhere, connect to a server. */
const [harness = '', server = ''] = process.argv.slice(2)
const answer = await fetch(harness, {
  method: 'POST',
  body: JSON.stringify({
    server,
    context: process.env['MCP_CONFORMANCE_CONTEXT'],
    revision: process.env['MCP_CONFORMANCE_PROTOCOL_VERSION'],
  }),
})
process.stdout.write(await answer.text())
process.exitCode = answer.ok ? 0 : 1
