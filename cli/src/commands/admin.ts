import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { hostKeys } from '../../../server/src/credentials/keyring.ts'
import { signHostClaim } from '../../../server/src/lib/host-proof.ts'
import { baseUrlOf, callServer, postToServer } from '../call-server.ts'
import { readSettings } from '../settings.ts'
import { CommandError, exitCodes, type Terminal } from '../terminal.ts'

/** `admin recover`: a way back in for whoever owns the machine, when no administrator can sign in; `admin rotate-key`. */
export function addAdmin(program: Command, terminal: Terminal): void {
  const admin = program.command('admin').description('what only the owner of the machine may do')
  admin
    .command('recover')
    .description('print a link that signs a Super Admin in, once within 15 minutes')
    .option('--email <email>', 'whom to make a Super Admin (default: the first one)')
    .option('--url <url>', 'the server (default: RUNLAYER_BASE_URL, else http://localhost:3000)')
    .option('--json', 'print the link, its email and its end as JSON')
    .action(async (options: { email?: string; url?: string; json?: boolean }) => {
      const claim = { at: Date.now(), nonce: randomUUID(), email: options.email ?? '' }
      const body = { ...claim, proof: signHostClaim(keyOfHost(terminal), claim) }
      const server = baseUrlOf(terminal, options.url)
      const made = await postToServer(terminal, server, '/api/v1/admin-recovery', body)
      const { email, url, expires_at: end } = made as { email: string; url: string; expires_at: string }
      terminal.data(options.json === true ? JSON.stringify({ email, url, expires_at: end }) : url)
      terminal.message(`Signs ${email} in once, until ${end}. Whoever opens it is a Super Admin.`)
    })
  admin
    .command('rotate-key')
    .description('replace the key that protects every stored secret, while the server runs')
    .option('--url <url>', 'the server (default: RUNLAYER_BASE_URL, else http://localhost:3000)')
    .option('--json', 'print what was done as JSON')
    .action(async (options: { url?: string; json?: boolean }) => {
      const server = baseUrlOf(terminal, options.url)
      const done = await callServer(terminal, server, 'POST', '/api/v1/system/key-rotations')
      const { next } = done as { next: string }
      terminal.data(options.json === true ? JSON.stringify(done) : next)
    })
}

/** What the server's secrets are sealed with: who can read it owns the host. */
function keyOfHost(terminal: Terminal): Buffer {
  const settings = readSettings(terminal)
  try {
    const [key] = hostKeys(settings)
    if (key !== undefined) return key
  } catch {
    // Said below, in words that fit here.
  }
  throw new CommandError(
    exitCodes.notAllowed,
    `The key of the server cannot be read in ${settings.dataDir}. Run this on the machine of the server, as its user, with its RUNLAYER_DATA_DIR or RUNLAYER_SECRET_KEY.`,
  )
}
