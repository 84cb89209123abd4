import type { Named } from './explain-failure.ts'

/** A two-way line to one upstream process or stream: texts out, texts in, one end. */
export type Link = {
  /** Sends one message; a rejection concerns this message only. */
  send(text: string): Promise<void> | undefined
  /** Must be called once, right after the link was opened. */
  listen(listener: { onText(text: string): void; onEnd(error: Error): void }): void
  /** Ends the link without telling the listener. */
  close(): void
}

export type LinkOwner = Named & { readonly id: string }
