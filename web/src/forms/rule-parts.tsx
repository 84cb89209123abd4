import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import * as queries from '../api/queries.ts'
import { roleNames } from '../components/use-names.ts'
import { Avatar } from '../ui/avatar.tsx'
import { cx } from '../ui/cx.ts'
import { Picker, type PickerOption } from '../ui/picker.tsx'
import { AttributeRows } from './attribute-rows.tsx'
import type { RuleDraft } from './rule-draft.ts'

type Part = { draft: RuleDraft; set(change: Partial<RuleDraft>): void }

export function WordSelect(props: {
  label: string
  value: string
  options: readonly { value: string; label: string }[]
  onChange(value: string): void
  className?: string
}) {
  return (
    <select
      aria-label={props.label}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
      className={cx(
        'h-8 rounded border border-n8 bg-raised px-2 pr-7 text-13 font-medium hover:border-n9',
        props.className,
      )}
    >
      {props.options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  )
}

const kinds = [
  { value: 'user', label: 'people' },
  { value: 'group', label: 'group' },
  { value: 'role', label: 'role' },
  { value: 'agent_account', label: 'agent' },
  { value: 'attributes', label: 'whoever has' },
  { value: 'everyone', label: 'everyone' },
]

function usePrincipals(who: RuleDraft['who']): PickerOption[] {
  const users = useQuery({ ...queries.people(), enabled: who === 'user' }).data?.data ?? []
  const groups = useQuery({ ...queries.groups(), enabled: who === 'group' }).data?.data ?? []
  const agents = useQuery({ ...queries.agents(), enabled: who === 'agent_account' }).data?.data ?? []
  if (who === 'agent_account')
    return agents.map((agent) => ({ value: agent.id, label: agent.name, hint: agent.client_id }))
  if (who === 'user') {
    return users.map((user) => ({
      value: user.id,
      label: user.name || user.email,
      hint: user.email,
      icon: <Avatar name={user.name || user.email} />,
    }))
  }
  if (who === 'group')
    return groups.map((group) => ({
      value: group.id,
      label: group.name,
      icon: <Avatar name={group.name} group />,
    }))
  return Object.entries(roleNames).map(([value, label]) => ({ value, label }))
}

export function PrincipalPart({ draft, set }: Part) {
  const options = usePrincipals(draft.who)
  return (
    <>
      <WordSelect
        label="Kind of principal"
        value={draft.who}
        options={kinds}
        onChange={(who) => set({ who: who as RuleDraft['who'], ids: [], attributes: [] })}
      />
      {draft.who === 'attributes' && <AttributesPart draft={draft} set={set} />}
      {draft.who !== 'everyone' && draft.who !== 'attributes' && (
        <Picker
          label="Who"
          placeholder="choose who"
          many
          options={options}
          value={draft.ids}
          onChange={(ids) => set({ ids })}
        />
      )}
    </>
  )
}

function AttributesPart({ draft, set }: Part) {
  const people = useQuery(queries.people()).data?.data ?? []
  return (
    <AttributeRows
      rows={draft.attributes}
      names={people.flatMap(({ attributes }) => Object.keys(attributes))}
      onChange={(attributes) => set({ attributes })}
    />
  )
}

const scopes = [
  { value: 'all', label: 'everything' },
  { value: 'some', label: 'the tools' },
]

export function ScopePart({ draft, set, isFixed }: Part & { isFixed: boolean }) {
  const servers = useQuery(queries.servers()).data?.data ?? []
  const options: PickerOption[] = [
    ...(draft.effect === 'deny' && !isFixed
      ? [{ value: '*', label: 'Every connector', hint: 'global deny' }]
      : []),
    ...servers.map((server) => ({ value: server.id, label: server.name })),
  ]
  return (
    <>
      <span>to use</span>
      <WordSelect
        label="What"
        value={draft.tools === undefined ? 'all' : 'some'}
        options={scopes}
        onChange={(what) => set({ tools: what === 'all' ? undefined : [] })}
      />
      {draft.tools !== undefined && <ToolsPicker draft={draft} set={set} />}
      <span>on</span>
      {isFixed ? (
        <strong className="font-medium">
          {servers.find((server) => server.id === draft.servers[0])?.name ?? 'this connector'}
        </strong>
      ) : (
        <Picker
          label="Connector"
          placeholder="choose a connector"
          many
          options={options}
          value={draft.isGlobal ? ['*'] : draft.servers}
          onChange={(value) => {
            const isGlobal = value.includes('*') && !draft.isGlobal
            set({ isGlobal, servers: isGlobal ? [] : value.filter((one) => one !== '*') })
          }}
        />
      )}
    </>
  )
}

function ToolsPicker({ draft, set }: Part) {
  const [glob, setGlob] = useState('')
  const only = draft.servers.length === 1 ? draft.servers[0] : undefined
  const tools = useQuery({ ...queries.serverTools(only ?? ''), enabled: only !== undefined }).data?.data ?? []
  const chosen = draft.tools ?? []
  const names = [...new Set([...chosen, ...tools.map((tool) => tool.name)])]
  const add = () => {
    const name = glob.trim()
    if (name !== '' && !chosen.includes(name)) set({ tools: [...chosen, name] })
    setGlob('')
  }
  return (
    <>
      <Picker
        label="Tools"
        placeholder="choose tools"
        many
        options={names.map((name) => ({ value: name, label: name }))}
        value={chosen}
        onChange={(value) => set({ tools: value })}
      />
      <input
        aria-label="Add a pattern, such as read_*"
        placeholder="or a pattern: read_*"
        value={glob}
        onChange={(event) => setGlob(event.target.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          add()
        }}
        className="h-8 w-44 rounded border border-dashed border-n8 bg-transparent px-2 font-mono text-12"
      />
    </>
  )
}
