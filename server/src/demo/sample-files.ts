import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The two folders of the demo: one to read, one in which the memory server keeps its notes. */
export type DemoFolders = { documents: string; memory: string }

const samples: Readonly<Record<string, string>> = {
  'README.txt': `Welcome to the sample folder.

These files belong to the demo. The Filesystem connector can list, search and read
them; the rules of the demo decide who may change them.

Try it: ask your assistant to "read the README text file in the sample folder".
`,
  'meeting-notes.md': `# Weekly meeting

- The coffee machine on the second floor works again. Thank you, Ravi.
- Search got faster: the slowest question of last week now takes 40 ms.
- Open question: who waters the plants in August?
`,
  'budget.csv': `team,quarter,planned,spent
Engineering,Q1,42000,39850
Support,Q1,18000,17420
Finance,Q1,9000,8760
`,
  'drafts/announcement.txt': `DRAFT: A better way to find your tools

Next week everybody gets one address for all connectors. More to come.
`,
}

/** Writes what is missing; what somebody changed stays as it is. */
export async function writeSampleFiles(dataDir: string): Promise<DemoFolders> {
  const base = join(dataDir, 'files', 'demo')
  const folders = { documents: join(base, 'documents'), memory: join(base, 'memory') }
  await mkdir(join(folders.documents, 'drafts'), { recursive: true, mode: 0o700 })
  await mkdir(folders.memory, { recursive: true, mode: 0o700 })
  for (const [name, text] of Object.entries(samples)) {
    const path = join(folders.documents, name)
    const there = await access(path).then(
      () => true,
      () => false,
    )
    if (!there) await writeFile(path, text, { flag: 'wx', mode: 0o600 })
  }
  return folders
}
