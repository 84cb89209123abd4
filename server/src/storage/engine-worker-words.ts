/** What the two sides of the embedded engine's thread say to each other. Every ask is answered once, by its number. */
export type WorkerAsk =
  | { id: number; op: 'dump'; file: string }
  | { id: number; op: 'close' }
  | { id: number; op: 'ping' }
export type Ask = WorkerAsk extends infer One ? (One extends WorkerAsk ? Omit<One, 'id'> : never) : never

export type WorkerSay =
  | { kind: 'ready' }
  | { kind: 'answer'; id: number; result: unknown }
  | { kind: 'refusal'; id: number; error: string }

export type WorkerSetup = { databaseDir: string; socketPath: string; idleTransactionMs: number }

/** Rows per table of the product, to compare a backup with what it was taken from. */
export type TableCounts = Readonly<Record<string, number>>

/** Open a backup in memory, or unpack it into a folder that does not exist yet. */
export type BackupTask = { file: string; folder: string | undefined }
export type BackupTaskEnd = { counts: TableCounts } | { error: string }
