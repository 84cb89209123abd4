import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import type { ReactNode } from 'react'
import * as queries from '../api/queries.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { CheckField } from '../ui/choice.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import type { MappingDraft, MappingRow } from './sso-mapping-draft.ts'

type Part = { draft: MappingDraft; set(change: Partial<MappingDraft>): void; kind: 'oidc' | 'saml' }

/** Lines of "this becomes that", with a way to add and to remove one. */
function Rows(props: {
  what: string
  rows: readonly MappingRow[]
  onChange(rows: MappingRow[]): void
  placeholder: string
  to(row: MappingRow, label: string, set: (to: string) => void): ReactNode
}) {
  const { rows, onChange } = props
  const set = (key: number, change: Partial<MappingRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...change } : row)))
  return (
    <div className="grid justify-items-start gap-2">
      {rows.map((row, index) => (
        <div key={row.key} className="flex w-full items-start gap-2">
          <div className="flex-1">
            <TextField
              bare
              mono
              label={`${props.what} ${index + 1}`}
              placeholder={props.placeholder}
              autoComplete="off"
              value={row.from}
              onChange={(event) => set(row.key, { from: event.target.value })}
            />
          </div>
          <div className="flex-1">
            {props.to(row, `${props.what} ${index + 1} becomes`, (to) => set(row.key, { to }))}
          </div>
          <IconButton
            label={`Remove ${props.what.toLowerCase()} ${index + 1}`}
            onClick={() => onChange(rows.filter((other) => other.key !== row.key))}
          >
            <X />
          </IconButton>
        </div>
      ))}
      <Button
        size="small"
        icon={<Plus aria-hidden="true" />}
        onClick={() =>
          onChange([...rows, { key: Math.max(-1, ...rows.map(({ key }) => key)) + 1, from: '', to: '' }])
        }
      >
        {`Add ${props.what.toLowerCase()}`}
      </Button>
    </div>
  )
}

function GroupRows({ draft, set }: Part) {
  const groups = useQuery(queries.groups()).data?.data ?? []
  const names = groups.map(({ id, name }) => ({ value: id, label: name }))
  return (
    <Rows
      what="Value"
      placeholder="As the provider says it"
      rows={draft.groupRows}
      onChange={(groupRows) => set({ groupRows })}
      to={(row, label, choose) => (
        <SelectField
          bare
          label={label}
          options={[
            { value: '', label: 'Choose a group' },
            ...names,
            ...(row.to === '' || names.some(({ value }) => value === row.to)
              ? []
              : [{ value: row.to, label: 'A group that is not listed' }]),
          ]}
          value={row.to}
          onChange={(event) => choose(event.target.value)}
        />
      )}
    />
  )
}

/** What the provider says at each sign-in, and what it becomes here. */
export function MappingFields(part: Part) {
  const { draft, set, kind } = part
  const claim = kind === 'oidc' ? 'claim' : 'attribute'
  return (
    <fieldset className="grid gap-4 border-t border-n5 pt-4">
      <legend className="sr-only">Groups and attributes</legend>
      <TextField
        label={`Groups ${claim}`}
        hint={`The ${claim} that lists the groups of a person, such as groups. Leave empty to leave groups alone. Who is in which is brought up to date at each sign-in; members entered here stay.`}
        mono
        autoComplete="off"
        value={draft.groupClaim}
        onChange={(event) => set({ groupClaim: event.target.value })}
      />
      {draft.groupClaim.trim() !== '' && (
        <>
          <CheckField
            label="Groups of the same name"
            hint="Whoever administers the provider can then put anybody into any group."
            checked={draft.groupsByName}
            onChange={(groupsByName) => set({ groupsByName })}
          />
          <GroupRows {...part} />
        </>
      )}
      <div className="grid gap-1.5">
        <p className="text-13 font-medium">Attributes</p>
        <p className="text-12 text-n10">
          {`A ${claim} and the attribute of the person it becomes, for rules to go by. No ${claim} gives a role.`}
        </p>
        <Rows
          what={kind === 'oidc' ? 'Claim' : 'Attribute'}
          placeholder="department"
          rows={draft.attributeRows}
          onChange={(attributeRows) => set({ attributeRows })}
          to={(row, label, choose) => (
            <TextField
              bare
              label={label}
              placeholder="department"
              autoComplete="off"
              value={row.to}
              onChange={(event) => choose(event.target.value)}
            />
          )}
        />
      </div>
    </fieldset>
  )
}
