import type { GroupId, ServerId } from '../kernel/ids.ts'
import type { Policy, RuleDraft } from '../policy/policy.ts'
import type { DemoConnectors } from './add-connectors.ts'
import type { GroupName } from './add-people.ts'

type Book = Pick<Policy['book'], 'page' | 'create'>
type Subjects = { groups: Record<GroupName, GroupId>; connectors: DemoConnectors }

const pageSize = 200

/** Adds the rules that are not there; answers how many. They are told apart by what they say they do. */
export async function addRules(book: Book, subjects: Subjects): Promise<number> {
  const there = new Set<string>()
  for (let after: Parameters<Book['page']>[1]; ; ) {
    const page = await book.page({}, after, pageSize)
    for (const rule of page) if (rule.demo) there.add(rule.description)
    after = page.at(-1)?.id
    if (page.length < pageSize || after === undefined) break
  }
  const missing = rulesFor(subjects).filter(({ description }) => !there.has(description))
  for (const rule of missing) await book.create(rule, undefined, true)
  return missing.length
}

function rulesFor({ groups, connectors: { everything, filesystem, memory } }: Subjects): RuleDraft[] {
  const group = (name: GroupName): RuleDraft['principals'] => ({ type: 'group', ids: [groups[name]] })
  const on = (servers: readonly ServerId[] | '*', tools?: readonly string[]): RuleDraft['scope'] => ({
    servers,
    tools,
    resources: undefined,
  })
  const common = { enabled: true, expiresAtMs: undefined, conditions: [] } as const
  return [
    {
      ...common,
      effect: 'allow',
      description: 'Engineering may use every demo server',
      principals: group('Engineering'),
      scope: on([everything.id, filesystem.id, memory.id]),
    },
    {
      ...common,
      effect: 'allow',
      description: 'Finance may read files, but not change them',
      principals: group('Finance'),
      scope: on([filesystem.id], ['read_*', 'list_*', 'search_files', 'get_file_info', 'directory_tree']),
    },
    {
      ...common,
      effect: 'allow',
      description: 'Support may use the memory',
      principals: group('Support'),
      scope: on([memory.id]),
    },
    {
      ...common,
      effect: 'deny',
      description: 'Support never deletes anything, anywhere',
      principals: group('Support'),
      scope: on('*', ['delete_*']),
    },
    {
      ...common,
      effect: 'deny',
      description: 'Engineering writes files only into drafts',
      principals: group('Engineering'),
      scope: on([filesystem.id], ['write_file', 'edit_file']),
      conditions: [{ field: 'payload.path', operator: 'not_contains', value: 'drafts/' }],
    },
  ]
}
