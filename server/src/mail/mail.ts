import nodemailer from 'nodemailer'
import type { Log } from '../lib/log.ts'

/** What became of a letter. `failed` says why in words an administrator can act on. */
export type Mailed =
  | { readonly state: 'sent' }
  | { readonly state: 'failed'; readonly why: string }
  | { readonly state: 'off' }

export type Letter = { to: string; subject: string; text: string }

/** Mail by RUNLAYER_SMTP_URL. Nothing waits for it longer than `waitMs`, and a failure never fails what it was about. */
export type Mail = {
  readonly isOn: boolean
  send(letter: Letter): Promise<Mailed>
  close(): void
}

export type MailParts = {
  /** smtp:// or smtps://; `from` in its query names the sender. */
  url: URL | undefined
  productName: string
  publicUrl: URL
  log: Log
  waitMs?: number
}

const waitLimitMs = 8_000
/** Letters on their way at once; whoever comes when the server is that slow is told so. */
const mostAtOnce = 10

export function openMail({ url, productName, publicUrl, log, waitMs = waitLimitMs }: MailParts): Mail {
  if (url === undefined) return { isOn: false, send: async () => ({ state: 'off' }), close: () => undefined }
  const from = url.searchParams.get('from') ?? `no-reply@${publicUrl.hostname}`
  const server = new URL(url)
  server.searchParams.delete('from')
  const transport = nodemailer.createTransport({
    url: server.href,
    connectionTimeout: waitMs,
    greetingTimeout: waitMs,
    socketTimeout: waitMs,
    dnsTimeout: waitMs,
    // A letter is text of ours: it reads no file and fetches no address.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  let underway = 0
  return {
    isOn: true,
    async send({ to, subject, text }) {
      if (underway >= mostAtOnce)
        return { state: 'failed', why: 'Too many letters are on their way already.' }
      underway++
      const letter = transport
        .sendMail({
          from: { name: productName, address: from },
          to: { name: '', address: to },
          subject,
          text,
        })
        .finally(() => {
          underway--
        })
      try {
        return await withinTime(letter, waitMs)
      } catch (thrown) {
        const why = reasonOf(thrown)
        log.warn({ why }, 'a letter could not be sent')
        return { state: 'failed', why }
      }
    },
    close: () => transport.close(),
  }
}

async function withinTime(letter: Promise<unknown>, waitMs: number): Promise<Mailed> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Mailed>((resolve) => {
    timer = setTimeout(
      () =>
        resolve({ state: 'failed', why: `The mail server did not take it within ${waitMs / 1000} seconds.` }),
      waitMs,
    )
  })
  letter.catch(() => undefined)
  try {
    return await Promise.race([letter.then((): Mailed => ({ state: 'sent' })), late])
  } finally {
    clearTimeout(timer)
  }
}

/** By the kind of failure, never by the words of the server or the library: those may hold what the address holds. */
function reasonOf(thrown: unknown): string {
  const { code, responseCode } = thrown as { code?: string; responseCode?: number }
  const answered = responseCode === undefined ? '' : ` It answered ${responseCode}.`
  switch (code) {
    case 'EAUTH':
      return `The mail server does not accept the user and password of RUNLAYER_SMTP_URL.${answered}`
    case 'EENVELOPE':
    case 'EMESSAGE':
      return `The mail server refused the letter.${answered}`
    case 'ETLS':
      return 'The connection to the mail server could not be secured.'
    default:
      return `The mail server cannot be reached.${answered}`
  }
}
