/** What one check of the doctor found. `advice` says what to do, when there is something to do. */
export type Finding = {
  name: string
  state: 'ok' | 'warning' | 'failed'
  message: string
  advice?: string
}
