import { Link } from '@tanstack/react-router'
import { FlaskConical } from 'lucide-react'
import { useState } from 'react'
import { api } from '../api/client.ts'
import type { Me, Policy } from '../api/shapes.ts'
import { conditionWords } from '../forms/rule-draft.ts'
import { paths } from '../paths.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button, buttonClass } from '../ui/button.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { Drawer } from '../ui/drawer.tsx'
import { Note } from '../ui/note.tsx'
import { Facts, Section } from '../ui/page.tsx'
import { Time } from '../ui/time.tsx'
import { ConfirmChange } from './confirm-change.tsx'
import { EffectChip, useRuleWords } from './rule-sentence.tsx'
import { useAffected } from './use-affected.ts'
import { useNames } from './use-names.ts'

function Affected({ policy }: { policy: Policy }) {
  const affected = useAffected(policy.principals)
  if (affected === undefined) return null
  return (
    <Section title={`Affects ${affected.length} ${affected.length === 1 ? 'person' : 'people'}`}>
      <ul className="flex max-h-48 flex-wrap gap-x-4 gap-y-2 overflow-y-auto text-13">
        {affected.map((user) => (
          <li key={user.id} className="flex items-center gap-1.5">
            <Avatar name={user.name || user.email} />
            {user.name || user.email}
          </li>
        ))}
      </ul>
    </Section>
  )
}

export function PolicyDrawer({ policy, me, onClose }: { policy: Policy; me: Me; onClose(): void }) {
  const words = useRuleWords()
  const names = useNames()
  const [asking, setAsking] = useState(false)
  const server = policy.scope.servers === '*' ? undefined : policy.scope.servers[0]
  return (
    <Drawer
      title={words(policy)}
      subtitle={
        <span className="flex items-center gap-2">
          <EffectChip effect={policy.effect} />
          {policy.enabled ? 'In force' : 'Off'}
        </span>
      }
      onClose={onClose}
    >
      <Facts
        rows={[
          ['Who', names.principals(policy.principals).join(', ')],
          ['Connectors', names.scope(policy.scope)],
          [
            'Tools',
            <code key="tools" className="font-mono text-12">
              {policy.scope.tools?.join(', ') ?? 'everything'}
            </code>,
          ],
          ['When', policy.conditions.map(conditionWords).join(' and ') || 'Always'],
          ...(policy.expires_at === null
            ? []
            : [['Ends', <Time key="ends" iso={policy.expires_at} />] as const]),
          ['Why', policy.description || 'Nobody wrote a reason'],
          ...(policy.created_at === null
            ? []
            : [['Created', <Time key="created" iso={policy.created_at} />] as const]),
          ['Id', <CopyLine key="id" text={policy.id} label="Copy rule id" />],
        ]}
      />
      {policy.notes.map((note) => (
        <Note key={note} kind="info" title={note} />
      ))}
      <Affected policy={policy} />
      <div className="flex flex-wrap gap-2 border-t border-n5 pt-5">
        <Link {...paths.simulator(server === undefined ? {} : { server })} className={buttonClass('plain')}>
          <FlaskConical aria-hidden="true" />
          Simulate a call
        </Link>
        <Button
          look="danger"
          why={me.capabilities.includes('policies.write') ? undefined : 'Your role may not delete rules'}
          onClick={() => setAsking(true)}
        >
          Delete rule
        </Button>
      </div>
      {asking && (
        <ConfirmChange
          title="Delete this rule"
          about={`It ends at once. ${policy.effect === 'allow' ? 'Whoever has no other rule loses access.' : 'What it denied may become allowed by other rules.'}`}
          verb="Delete rule"
          run={() => api.call('deletePolicy', { params: { id: policy.id } })}
          done="Rule deleted"
          after={onClose}
          onClose={() => setAsking(false)}
        >
          <Affected policy={policy} />
        </ConfirmChange>
      )}
    </Drawer>
  )
}
