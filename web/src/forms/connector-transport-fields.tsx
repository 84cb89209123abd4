import { fieldError } from '../api/errors.ts'
import { Segments } from '../ui/choice.tsx'
import { TextArea, TextField } from '../ui/field.tsx'
import { Pairs } from '../ui/pairs.tsx'
import type { ConnectorDraft } from './connector-draft.ts'
import { OAuthFields } from './connector-oauth-fields.tsx'

type Part = { draft: ConnectorDraft; set(change: Partial<ConnectorDraft>): void; error: unknown }

const authHints: Record<ConnectorDraft['auth'], string> = {
  auto: 'Finds out how the server wants callers to prove themselves.',
  oauth: 'People sign in at the server by OAuth. What is left empty below is found out.',
  bearer: 'One token for everybody. It is sealed at rest and never shown again.',
  none: 'The server asks for nothing, or the headers below are enough.',
}

export function HttpFields({ draft, set, error, isStored }: Part & { isStored: boolean }) {
  return (
    <>
      <TextField
        label="URL"
        type="url"
        mono
        placeholder="https://mcp.example.com/mcp"
        value={draft.url}
        onChange={(event) => set({ url: event.target.value })}
        error={fieldError(error, 'url')}
        autoComplete="off"
        required
      />
      <div className="grid gap-1.5">
        <span className="text-13 font-medium" aria-hidden="true">
          Authentication
        </span>
        <div>
          <Segments
            legend="Authentication"
            value={draft.auth}
            onChange={(auth) => set({ auth })}
            options={[
              { value: 'auto', label: 'Auto' },
              { value: 'oauth', label: 'OAuth' },
              { value: 'bearer', label: 'Bearer token' },
              { value: 'none', label: 'None' },
            ]}
          />
        </div>
        <p className="text-12 text-n10">{authHints[draft.auth]}</p>
      </div>
      {draft.auth === 'oauth' && <OAuthFields draft={draft} set={set} error={error} />}
      {draft.auth === 'bearer' && (
        <TextField
          label="Token"
          type="password"
          mono
          value={draft.token}
          onChange={(event) => set({ token: event.target.value })}
          error={fieldError(error, 'auth')}
          hint={isStored ? 'Leave empty to keep the stored token.' : undefined}
          autoComplete="off"
        />
      )}
      <Pairs
        legend="Headers"
        noun="Header"
        hint="A {PLACEHOLDER} becomes each person's own value."
        pairs={draft.headers}
        onChange={(headers) => set({ headers })}
      />
    </>
  )
}

export function StdioFields({ draft, set, error }: Part) {
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-[160px_minmax(0,1fr)]">
        <TextField
          label="Command"
          mono
          value={draft.command}
          onChange={(event) => set({ command: event.target.value })}
          error={fieldError(error, 'command')}
          hint="Only commands the operator allows."
          required
        />
        <TextArea
          label="Arguments"
          mono
          placeholder={'-y\n@modelcontextprotocol/server-memory'}
          value={draft.args}
          onChange={(event) => set({ args: event.target.value })}
          error={fieldError(error, 'args')}
          hint="One per line. An npm package is pinned to an exact version when the connector becomes active."
        />
      </div>
      <Pairs
        legend="Environment"
        noun="Variable"
        hint="A {PLACEHOLDER} becomes each person's own value."
        pairs={draft.env}
        onChange={(env) => set({ env })}
      />
      <div className="grid gap-1.5">
        <span className="text-13 font-medium" aria-hidden="true">
          Network
        </span>
        <div>
          <Segments
            legend="Network"
            value={draft.network}
            onChange={(network) => set({ network })}
            options={[
              { value: 'none', label: 'Off' },
              { value: 'open', label: 'Open' },
            ]}
          />
        </div>
        <p className="text-12 text-n10">
          {draft.network === 'none'
            ? 'The server reaches nothing outside its sandbox.'
            : 'The server may reach any address.'}
        </p>
      </div>
      <TextArea
        label="Folders"
        optional
        mono
        rows={2}
        placeholder="ro /srv/documents"
        value={draft.mounts}
        onChange={(event) => set({ mounts: event.target.value })}
        error={fieldError(error, 'mounts')}
        hint="One per line: ro (read) or rw (read and write), then the path on this machine."
      />
    </>
  )
}
