import { Link } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import type { Me, Policy } from '../api/shapes.ts'
import { conditionWords } from '../forms/rule-draft.ts'
import { paths } from '../paths.ts'
import { Switch } from '../ui/switch.tsx'
import { overRow, rowLink, Table } from '../ui/table.tsx'
import { EffectChip, useRuleWords } from './rule-sentence.tsx'
import { useChange } from './use-change.ts'

export function PolicyTable({
  rows,
  me,
  selected,
}: {
  rows: readonly Policy[]
  me: Me
  selected?: string | undefined
}) {
  const words = useRuleWords()
  const writes = me.capabilities.includes('policies.write')
  const toggle = useChange({
    run: (rule: Policy) =>
      api.call('updatePolicy', { params: { id: rule.id }, body: { enabled: !rule.enabled } }),
    loud: true,
  })
  return (
    <Table
      label="Rules"
      rows={rows}
      id={(row) => row.id}
      selected={selected}
      columns={[
        { name: 'Effect', width: 'w-24', cell: (row) => <EffectChip effect={row.effect} /> },
        {
          name: 'Rule',
          cell: (row) => (
            <Link {...paths.policy(row.id)} data-row className={rowLink}>
              {words(row)}
            </Link>
          ),
        },
        {
          name: 'When',
          width: 'w-56',
          extra: true,
          cell: (row) => (
            <span className="text-n11">{row.conditions.map(conditionWords).join(' and ') || 'Always'}</span>
          ),
        },
        {
          name: 'Why',
          width: 'w-56',
          extra: true,
          cell: (row) => <span className="text-n11">{row.description}</span>,
        },
        {
          name: 'On',
          width: 'w-16',
          end: true,
          cell: (row) => (
            <span className={overRow}>
              <Switch
                label={`Rule in force: ${words(row)}`}
                checked={row.enabled}
                why={writes ? undefined : 'Your role may not change rules'}
                onChange={() => toggle.mutate(row)}
              />
            </span>
          ),
        },
      ]}
    />
  )
}
