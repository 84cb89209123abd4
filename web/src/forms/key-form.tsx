import { useState } from 'react'
import { api } from '../api/client.ts'
import { fieldError } from '../api/errors.ts'
import type { Me } from '../api/shapes.ts'
import { FormDialog } from '../components/form-dialog.tsx'
import { SecretDialog } from '../components/secret-dialog.tsx'
import { useChange } from '../components/use-change.ts'
import { SelectField } from '../ui/field.tsx'
import { NameField, nameMissing } from './name-field.tsx'

const spans = [
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: '', label: 'Never' },
]

function expiry(days: string): { expires_at?: string } {
  return days === '' ? {} : { expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() }
}

const personal = {
  value: 'personal',
  label: 'Personal: acts as you',
  about: 'It acts as you: everything the policies let you use, and nothing else.',
  body: {},
}
const ofWorkspace = [
  {
    value: 'deploy',
    label: 'Deploy: puts servers online from a pipeline',
    needs: 'deploy_keys.write',
    body: { kind: 'organization', role: 'deploy' },
  },
  {
    value: 'security_scan',
    label: 'Security Scan: sends texts to the scan API',
    needs: 'organization_keys.write',
    body: { kind: 'organization', role: 'security_scan' },
  },
  {
    value: 'detect_scan',
    label: 'Detect Scan: sends what was found on devices',
    needs: 'organization_keys.write',
    body: { kind: 'organization', role: 'detect_scan' },
  },
  {
    value: 'enrollment',
    label: 'Enrollment: lets devices join',
    needs: 'organization_keys.write',
    body: { kind: 'enrollment' },
  },
  {
    value: 'management',
    label: 'Management: the REST interface, within a role',
    needs: 'roles.write',
    body: { kind: 'organization', role: 'management' },
  },
] as const

/** The kinds of key this person may make. */
function kindsFor(me: Me) {
  return [personal, ...ofWorkspace.filter(({ needs }) => me.capabilities.includes(needs))]
}

const platformRoles = [
  { value: 'it_admin', label: 'IT Admin' },
  { value: 'security_admin', label: 'Security Admin' },
  { value: 'analytics_admin', label: 'Analytics Admin' },
  { value: 'developer', label: 'Developer' },
  { value: 'helpdesk', label: 'Helpdesk' },
  { value: 'super_admin', label: 'Super Admin' },
] as const

export function KeyForm({ me, onClose }: { me: Me; onClose(): void }) {
  const kinds = kindsFor(me)
  const [kind, setKind] = useState(personal.value)
  const [role, setRole] = useState<(typeof platformRoles)[number]['value']>('it_admin')
  const chosen = kinds.find(({ value }) => value === kind) ?? personal
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const create = useChange({
    run: () =>
      api.call('createApiKey', {
        body: {
          name: name.trim(),
          ...expiry(days),
          ...chosen.body,
          ...(kind === 'management' ? { platform_role: role } : {}),
        },
      }),
  })
  if (create.data !== undefined)
    return (
      <SecretDialog
        title="Copy your key now"
        warning="Only a fingerprint is stored. Whoever has the key can do what it can."
        secret={create.data.secret}
        copy="Copy key"
        onClose={onClose}
      />
    )
  return (
    <FormDialog
      title="Create API key"
      about={
        chosen === personal
          ? personal.about
          : 'It acts for the workspace, not for a person. It opens the operations of its role alone, and no MCP endpoint.'
      }
      verb="Create key"
      why={nameMissing(name)}
      change={create}
      onClose={onClose}
    >
      <NameField
        placeholder={chosen === personal ? 'Claude Code on my laptop' : 'Release pipeline'}
        value={name}
        error={create.error}
        onChange={setName}
      />
      {kinds.length > 1 && (
        <SelectField
          label="Kind"
          value={kind}
          options={kinds}
          error={fieldError(create.error, 'kind')}
          onChange={(event) => setKind(event.target.value)}
        />
      )}
      {kind === 'management' && (
        <SelectField
          label="Role on REST"
          value={role}
          options={platformRoles}
          error={fieldError(create.error, 'platform_role')}
          onChange={(event) => setRole(event.target.value as typeof role)}
        />
      )}
      <SelectField
        label="Expires"
        value={days}
        options={spans}
        error={fieldError(create.error, 'expires_at')}
        onChange={(event) => setDays(event.target.value)}
      />
    </FormDialog>
  )
}
