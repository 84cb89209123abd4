import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { RedirectRule } from '../api/shapes.ts'
import { Button } from '../ui/button.tsx'
import { Segments } from '../ui/choice.tsx'
import { TextField } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { ConfirmChange } from './confirm-change.tsx'
import { RowButton } from './row-button.tsx'
import { TroubleNote } from './trouble-note.tsx'
import { useChange } from './use-change.ts'

function columns(remove: ((rule: RedirectRule) => void) | undefined): readonly Column<RedirectRule>[] {
  return [
    { name: 'Effect', width: 'w-24', cell: (row) => (row.effect === 'allow' ? 'Allow' : 'Block') },
    {
      name: 'Address',
      cell: (row) => <span className="font-mono text-12 wrap-anywhere">{row.pattern}</span>,
    },
    { name: 'Note', extra: true, cell: (row) => row.note },
    ...(remove === undefined
      ? []
      : [
          {
            name: 'Remove',
            width: 'w-28',
            end: true,
            cell: (row: RedirectRule) => (
              <RowButton label={`Remove ${row.effect} ${row.pattern}`} onPress={() => remove(row)}>
                Remove
              </RowButton>
            ),
          },
        ]),
  ]
}

function AddRule() {
  const [pattern, setPattern] = useState('')
  const [effect, setEffect] = useState<'allow' | 'block'>('allow')
  const add = useChange({
    run: () => api.call('createRedirectRule', { body: { effect, pattern: pattern.trim() } }),
    done: 'Rule added',
    after: () => setPattern(''),
  })
  return (
    <form
      noValidate
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (pattern.trim() !== '') add.mutate(undefined)
      }}
    >
      <div className="min-w-80 flex-1">
        <TextField
          label="Redirect URI"
          value={pattern}
          onChange={(event) => setPattern(event.target.value)}
        />
      </div>
      <Segments
        legend="Effect"
        value={effect}
        options={[
          { value: 'allow', label: 'Allow' },
          { value: 'block', label: 'Block' },
        ]}
        onChange={(value) => setEffect(value === 'block' ? 'block' : 'allow')}
      />
      <Button
        type="submit"
        busy={add.isPending}
        why={pattern.trim() === '' ? 'Enter an address first' : undefined}
      >
        Add rule
      </Button>
      <TroubleNote error={add.error} />
    </form>
  )
}

/** The organisation's lists of where codes may go. */
export function RedirectRules({ mayChange }: { mayChange: boolean }) {
  const { data, error } = useQuery(queries.redirectRules())
  const [ending, setEnding] = useState<RedirectRule>()
  return (
    <Section
      title="OAuth redirect URIs"
      about="Where AI clients may be sent with a code. A block is stronger than an allow; what neither names waits for a request. Exact addresses, https://*.example.com/cb for one label of a host, or loopback for every program on the person’s own machine. Whoever is added here receives tokens for everybody."
    >
      <TroubleNote error={error} />
      {data !== undefined && (
        <Table
          label="Redirect URI rules"
          columns={columns(mayChange ? setEnding : undefined)}
          rows={data.data}
          id={(row) => row.id}
        />
      )}
      {mayChange && <AddRule />}
      {ending !== undefined && (
        <ConfirmChange
          title={`Remove ${ending.pattern}`}
          about={
            ending.effect === 'allow'
              ? 'Clients are sent there no longer, unless another rule allows it; their next sign-in waits for a request. You can add the rule again.'
              : 'What it blocked may be allowed by another rule, or asked for again. You can add the rule again.'
          }
          verb="Remove rule"
          run={() => api.call('deleteRedirectRule', { params: { id: ending.id } })}
          done="Rule removed"
          onClose={() => setEnding(undefined)}
        />
      )}
    </Section>
  )
}
