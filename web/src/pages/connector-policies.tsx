import { useQuery } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import * as queries from '../api/queries.ts'
import type { Connector, Me } from '../api/shapes.ts'
import { PolicyTable } from '../components/policy-table.tsx'
import { RuleForm } from '../forms/rule-form.tsx'
import { Button } from '../ui/button.tsx'
import { Empty, Panel, Section } from '../ui/page.tsx'

export function ConnectorPolicies({ connector, me }: { connector: Connector; me: Me }) {
  const [adding, setAdding] = useState(false)
  const rules = (useQuery(queries.policies()).data?.data ?? []).filter(
    (rule) => rule.scope.servers === '*' || rule.scope.servers.includes(connector.id),
  )
  const why = me.capabilities.includes('policies.write') ? undefined : 'Your role may not write rules'
  const add = (
    <Button look="primary" why={why} onClick={() => setAdding(true)}>
      New access rule
    </Button>
  )
  return (
    <Section
      title="Rules that reach this connector"
      about="A deny beats an allow. What no rule allows is denied."
      actions={!adding && rules.length > 0 && add}
    >
      {adding && (
        <Panel>
          <RuleForm server={connector.id} onDone={() => setAdding(false)} />
        </Panel>
      )}
      {rules.length > 0 && <PolicyTable rows={rules} me={me} />}
      {rules.length === 0 && !adding && (
        <Empty icon={<ShieldCheck />} title="Nobody may use this connector yet" action={add}>
          An access rule says who may use which of its tools. It holds from the next request on.
        </Empty>
      )}
    </Section>
  )
}
