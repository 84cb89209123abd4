import { useSuspenseQuery } from '@tanstack/react-query'
import { FolderSync, Plus } from 'lucide-react'
import { useState } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { ProvisioningToken } from '../api/shapes.ts'
import { ConfirmChange } from '../components/confirm-change.tsx'
import { RowButton } from '../components/row-button.tsx'
import { TokenForm } from '../forms/token-form.tsx'
import { Button } from '../ui/button.tsx'
import { CopyTextButton } from '../ui/copy.tsx'
import { Empty, Facts, PageHead, Section } from '../ui/page.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

export async function loader(): Promise<void> {
  await Promise.all([
    cache.ensureQueryData(queries.directory()),
    cache.ensureQueryData(queries.provisioningTokens()),
  ])
}

function columns(
  revoke: ((token: ProvisioningToken) => void) | undefined,
): readonly Column<ProvisioningToken>[] {
  return [
    { name: 'Name', width: 'md:w-[20%]', cell: (row) => <span className="font-medium">{row.name}</span> },
    { name: 'Last used', width: 'w-28', cell: (row) => <Time iso={row.last_used_at} /> },
    {
      name: 'Last change',
      cell: (row) =>
        row.last_change === null ? (
          <span className="text-n10">None yet</span>
        ) : (
          <Said text={row.last_change} at={row.last_change_at} />
        ),
    },
    {
      name: 'Last refusal',
      extra: true,
      cell: (row) => (row.last_error === null ? '' : <Said text={row.last_error} at={row.last_error_at} />),
    },
    ...(revoke === undefined
      ? []
      : [
          {
            name: 'Revoke',
            width: 'w-24',
            end: true,
            cell: (row: ProvisioningToken) => (
              <RowButton label={`Revoke ${row.name}`} onPress={() => revoke(row)}>
                Revoke
              </RowButton>
            ),
          },
        ]),
  ]
}

function Said({ text, at }: { text: string; at: string | null }) {
  return (
    <span className="grid">
      <span className="truncate" title={text}>
        {text}
      </span>
      <span className="text-12 text-n10">
        <Time iso={at} />
      </span>
    </span>
  )
}

const steps = [
  [
    'Entra ID',
    'Enterprise applications → your application → Provisioning → Automatic. Tenant URL is the address above, Secret Token the token.',
  ],
  [
    'Okta',
    'Applications → your application → Provisioning → Integration. Base URL is the address above, userName the unique field, authentication HTTP Header with the token.',
  ],
] as const

export function DirectoryPage() {
  const me = useSuspenseQuery(queries.me()).data
  const directory = useSuspenseQuery(queries.directory()).data
  const tokens = useSuspenseQuery(queries.provisioningTokens()).data.data
  const [isAdding, setAdding] = useState(false)
  const [ending, setEnding] = useState<ProvisioningToken>()
  const mayWrite = me.capabilities.includes('directory.write')
  const add = (
    <Button
      look="primary"
      icon={<Plus aria-hidden="true" />}
      why={mayWrite ? undefined : 'Only a Super Admin connects a directory'}
      onClick={() => setAdding(true)}
    >
      Create token
    </Button>
  )
  return (
    <>
      <PageHead
        title="Directory"
        purpose="Your directory can create people, keep their attributes and groups, and deactivate whoever leaves. It never gives a role."
        actions={add}
      />
      <Section title="Connection">
        <Facts
          rows={[
            [
              'SCIM address',
              <span key="url" className="flex flex-wrap items-center gap-2">
                <code className="font-mono text-12">{directory.scim_url}</code>
                <CopyTextButton text={directory.scim_url}>Copy</CopyTextButton>
              </span>,
            ],
            ['From a directory', `${directory.people} people, ${directory.groups} groups`],
            ...steps,
          ]}
        />
      </Section>
      <Section title="Provisioning tokens" about="Each opens the SCIM address and nothing else.">
        {tokens.length === 0 ? (
          <Empty icon={<FolderSync />} title="No directory is connected" action={add}>
            Make one token for each directory. Its secret is shown once.
          </Empty>
        ) : (
          <Table
            label="Provisioning tokens"
            columns={columns(mayWrite ? setEnding : undefined)}
            rows={tokens}
            id={(row) => row.id}
          />
        )}
      </Section>
      {isAdding && <TokenForm onClose={() => setAdding(false)} />}
      {ending !== undefined && (
        <ConfirmChange
          title={`Revoke ${ending.name}`}
          about="The directory that uses it is refused from the next request on. People and groups stay as they are. This cannot be undone."
          verb="Revoke token"
          run={() => api.call('revokeProvisioningToken', { params: { id: ending.id } })}
          done="Token revoked"
          onClose={() => setEnding(undefined)}
        />
      )}
    </>
  )
}
