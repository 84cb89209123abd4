import type { Connector } from '../kernel/connector.ts'
import type { DemoFolders } from './sample-files.ts'

export const demoKinds = ['everything', 'filesystem', 'memory'] as const
export type DemoKind = (typeof demoKinds)[number]

const packageOf: Readonly<Record<DemoKind, string>> = {
  everything: '@modelcontextprotocol/server-everything',
  filesystem: '@modelcontextprotocol/server-filesystem',
  memory: '@modelcontextprotocol/server-memory',
}

/** The only packages that demo mode may start where no sandbox works. */
export const demoPackages: ReadonlySet<string> = new Set(Object.values(packageOf))

export function kindOf(packageName: string | undefined): DemoKind | undefined {
  return demoKinds.find((kind) => packageOf[kind] === packageName)
}

/** What the demo says of a connector; the rest are defaults. */
export type DemoSettings = {
  name: string
  description: string
  transport: 'stdio'
  command: 'npx'
  args: string[]
  env: Record<string, string>
  mounts: Connector['mounts']
}

export function settingsOf(kind: DemoKind, folders: DemoFolders): DemoSettings {
  const common = { transport: 'stdio', command: 'npx', env: {}, mounts: [] } as const
  const args = ['-y', packageOf[kind]]
  switch (kind) {
    case 'everything':
      return {
        ...common,
        name: 'Everything',
        description: 'The reference server that shows every feature of MCP.',
        args,
      }
    case 'filesystem':
      return {
        ...common,
        name: 'Filesystem',
        description: 'Reads and changes the files of the sample folder.',
        args: [...args, folders.documents],
        mounts: [{ path: folders.documents, mode: 'rw' }],
      }
    case 'memory':
      return {
        ...common,
        name: 'Memory',
        description: 'Remembers people, things and how they belong together.',
        args,
        env: { MEMORY_FILE_PATH: `${folders.memory}/memory.jsonl` },
        mounts: [{ path: folders.memory, mode: 'rw' }],
      }
  }
}
