import { useQuery } from '@tanstack/react-query'
import { Users } from 'lucide-react'
import * as queries from '../api/queries.ts'
import { useAffected } from '../components/use-affected.ts'
import { type RuleDraft, ruleBody } from './rule-draft.ts'

/** What the rule would mean, before it exists: how many people, and how many tools of the chosen connector. */
export function RulePreview({ draft }: { draft: RuleDraft }) {
  const affected = useAffected(ruleBody(draft).principals)
  const only = draft.servers.length === 1 && !draft.isGlobal ? draft.servers[0] : undefined
  const tools = useQuery({ ...queries.serverTools(only ?? ''), enabled: only !== undefined }).data?.data
  const fits = (name: string) => draft.tools === undefined || draft.tools.some((glob) => globFits(glob, name))
  const reached = tools?.filter((tool) => tool.state === 'active' && fits(tool.name)).length
  return (
    <p className="flex items-center gap-2 rounded bg-n3 px-3 py-2 text-13 text-n11" aria-live="polite">
      <Users className="size-4 shrink-0" aria-hidden="true" />
      {affected === undefined
        ? 'Who it affects shows here.'
        : `Affects ${affected.length} ${affected.length === 1 ? 'person' : 'people'}`}
      {affected !== undefined && reached !== undefined && `, ${reached} of ${tools?.length ?? 0} tools.`}
    </p>
  )
}

/** Only a preview: the server judges globs by its own code. */
function globFits(glob: string, name: string): boolean {
  const parts = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}
