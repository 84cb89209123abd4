import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Group, Me } from '../api/shapes.ts'
import { MemberPicker } from '../forms/member-picker.tsx'
import { paths } from '../paths.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Drawer } from '../ui/drawer.tsx'
import { Section } from '../ui/page.tsx'
import { ConfirmChange } from './confirm-change.tsx'
import { useRuleWords } from './rule-sentence.tsx'
import { useChange } from './use-change.ts'
import { useNames } from './use-names.ts'

/** Everybody who counts as a member, however they became one. */
export function membersOf({ member_ids: own, sso_member_ids: provided }: Group): string[] {
  return [...new Set([...own, ...provided])]
}

function Members({ group, writes }: { group: Group; writes: boolean }) {
  const names = useNames()
  const [ids, setIds] = useState<string[]>(group.member_ids)
  const save = useChange({
    run: () => api.call('updateGroup', { params: { id: group.id }, body: { member_ids: ids } }),
    done: 'Members saved',
    loud: true,
  })
  const same = ids.length === group.member_ids.length && ids.every((id) => group.member_ids.includes(id))
  return (
    <div className="grid gap-3">
      <ul className="flex flex-wrap gap-x-4 gap-y-2 text-13">
        {membersOf(group).length === 0 && <li className="text-n11">Nobody yet.</li>}
        {membersOf(group).map((id) => (
          <li key={id} className="flex items-center gap-1.5">
            <Avatar name={names.user(id)} />
            <Link {...paths.person(id)} className="underline-offset-2 hover:underline">
              {names.user(id)}
            </Link>
            {group.sso_member_ids.includes(id) && <span className="text-12 text-n10">by single sign-on</span>}
          </li>
        ))}
      </ul>
      {writes && (
        <>
          <MemberPicker value={ids} onChange={setIds} />
          <div>
            <Button
              busy={save.isPending}
              why={same ? 'Nothing has changed' : undefined}
              onClick={() => save.mutate(undefined)}
            >
              Save members
            </Button>
          </div>
        </>
      )}
    </div>
  )
}

export function GroupDrawer({ group, me, onClose }: { group: Group; me: Me; onClose(): void }) {
  const words = useRuleWords()
  const rules = (useQuery(queries.policies()).data?.data ?? []).filter(
    (rule) => rule.principals.type === 'group' && rule.principals.ids.includes(group.id),
  )
  const writes = me.capabilities.includes('people.write')
  const [asking, setAsking] = useState(false)
  return (
    <Drawer title={group.name} subtitle={`${membersOf(group).length} members`} onClose={onClose}>
      <Section title="Members">
        <Members key={group.member_ids.join()} group={group} writes={writes} />
      </Section>
      <Section title="Rules that name it">
        <ul className="grid gap-1 text-13">
          {rules.length === 0 && <li className="text-n11">None.</li>}
          {rules.map((rule) => (
            <li key={rule.id}>
              <Link {...paths.policy(rule.id)} className="text-accent underline-offset-2 hover:underline">
                {rule.effect === 'allow' ? 'Allow' : 'Deny'} {words(rule)}
              </Link>
            </li>
          ))}
        </ul>
      </Section>
      <div className="border-t border-n5 pt-5">
        <Button
          look="danger"
          why={writes ? undefined : 'Your role may not delete groups'}
          onClick={() => setAsking(true)}
        >
          Delete group
        </Button>
      </div>
      {asking && (
        <ConfirmChange
          title={`Delete ${group.name}`}
          about={`Its ${membersOf(group).length} members lose what ${rules.length} rules gave them through it.`}
          verb="Delete group"
          run={() => api.call('deleteGroup', { params: { id: group.id } })}
          done="Group deleted"
          after={onClose}
          onClose={() => setAsking(false)}
        />
      )}
    </Drawer>
  )
}
