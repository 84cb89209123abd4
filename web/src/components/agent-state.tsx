import type { AgentAccount } from '../api/shapes.ts'
import { Badge } from '../ui/status.tsx'

export function AgentState({ agent }: { agent: AgentAccount }) {
  if (agent.is_working) return <Badge meaning="good">Working</Badge>
  return agent.status === 'disabled' ? (
    <Badge meaning="none">Stopped</Badge>
  ) : (
    <Badge meaning="warning">Needs an owner</Badge>
  )
}
