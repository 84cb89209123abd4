import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import * as queries from '../api/queries.ts'
import { CheckField } from '../ui/choice.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { Rows } from '../ui/rows.tsx'
import type { MappingDraft, MappingRow } from './sso-mapping-draft.ts'

type Part = { draft: MappingDraft; set(change: Partial<MappingDraft>): void; kind: 'oidc' | 'saml' }

/** Lines of "this becomes that". */
function Becomes(props: {
  what: string
  rows: readonly MappingRow[]
  onChange(rows: MappingRow[]): void
  placeholder: string
  to(row: MappingRow, label: string, set: (to: string) => void): ReactNode
}) {
  const { what, rows, onChange } = props
  return (
    <div className="grid justify-items-start gap-2">
      <Rows
        what={what}
        rows={rows}
        blank={{ from: '', to: '' }}
        line="w-full items-start"
        onChange={onChange}
      >
        {(row, set, index) => (
          <>
            <div className="flex-1">
              <TextField
                bare
                mono
                label={`${what} ${index + 1}`}
                placeholder={props.placeholder}
                autoComplete="off"
                value={row.from}
                onChange={(event) => set({ from: event.target.value })}
              />
            </div>
            <div className="flex-1">{props.to(row, `${what} ${index + 1} becomes`, (to) => set({ to }))}</div>
          </>
        )}
      </Rows>
    </div>
  )
}

function GroupRows({ draft, set }: Part) {
  const groups = useQuery(queries.groups()).data?.data ?? []
  const names = groups.map(({ id, name }) => ({ value: id, label: name }))
  return (
    <Becomes
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
        <Becomes
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
