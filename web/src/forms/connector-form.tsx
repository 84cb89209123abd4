import { ChevronRight } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { fieldError } from '../api/errors.ts'
import { KeepInput } from '../components/keep-input.tsx'
import { TroubleNote } from '../components/trouble-note.tsx'
import { Button } from '../ui/button.tsx'
import { CheckField, ChoiceCards, Segments } from '../ui/choice.tsx'
import { Code } from '../ui/code.tsx'
import { SelectField, TextArea, TextField } from '../ui/field.tsx'
import { Pairs } from '../ui/pairs.tsx'
import { type ConnectorDraft, shownBody } from './connector-draft.ts'
import { HttpFields, StdioFields } from './connector-transport-fields.tsx'

type Props = {
  start: ConnectorDraft
  verb: string
  busy: boolean
  error: unknown
  /** An existing connector keeps its stored token when the field stays empty. */
  isStored: boolean
  onSubmit(draft: ConnectorDraft): void
  extra?: ReactNode
}

const transports = [
  { value: 'streamable_http', label: 'Streaming HTTP', hint: 'A server with a URL. The usual choice.' },
  { value: 'sse', label: 'SSE', hint: 'A server with a URL that speaks the 2024-11-05 transport.' },
  { value: 'stdio', label: 'STDIO', hint: 'An npm package that runs here, in a sandbox.' },
] as const

export function ConnectorForm({ start, verb, busy, error, isStored, onSubmit, extra }: Props) {
  const [begun] = useState(start)
  const [draft, setDraft] = useState(begun)
  const set = (change: Partial<ConnectorDraft>) => setDraft((old) => ({ ...old, ...change }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (missing === undefined) onSubmit(draft)
  }
  const place = draft.transport === 'stdio' ? draft.command : draft.url
  const missing =
    draft.name.trim() === ''
      ? 'Give it a name first'
      : place.trim() === ''
        ? 'Say where the server is first'
        : undefined
  return (
    <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_380px]">
      <form onSubmit={submit} noValidate className="grid gap-5">
        <TextField
          label="Name"
          placeholder="GitHub"
          value={draft.name}
          onChange={(event) => set({ name: event.target.value })}
          error={fieldError(error, 'name')}
          autoComplete="off"
          required
        />
        <ChoiceCards
          legend="Transport"
          value={draft.transport}
          options={transports}
          onChange={(transport) => set({ transport })}
        />
        {draft.transport === 'stdio' ? (
          <StdioFields draft={draft} set={set} error={error} />
        ) : (
          <HttpFields draft={draft} set={set} error={error} isStored={isStored} />
        )}
        <Advanced draft={draft} set={set} error={error} />
        <TroubleNote error={error} />
        <KeepInput isEntered={draft !== begun} />
        <div className="flex items-center gap-2 border-t border-n5 pt-5">
          <Button type="submit" look="primary" busy={busy} why={missing}>
            {verb}
          </Button>
          {extra}
        </div>
      </form>
      <aside className="sticky top-7 grid min-w-0 gap-2 max-lg:hidden" aria-label="As JSON">
        <h2 className="text-13">As JSON</h2>
        <p className="text-12 text-n11">
          What the button sends to <code className="font-mono">/api/v1/servers</code>. The same works from a
          script.
        </p>
        <Code text={JSON.stringify(shownBody(draft), null, 2)} label="Request body" tall />
      </aside>
    </div>
  )
}

type Part = { draft: ConnectorDraft; set(change: Partial<ConnectorDraft>): void; error: unknown }

function Advanced({ draft, set, error }: Part) {
  return (
    <details className="group rounded border border-n5 bg-raised">
      <summary className="flex h-10 list-none items-center gap-2 rounded px-3 text-13 font-medium [&::-webkit-details-marker]:hidden">
        <ChevronRight
          className="size-4 text-n10 transition-transform duration-120 group-open:rotate-90"
          aria-hidden="true"
        />
        Advanced
      </summary>
      <div className="grid gap-5 border-t border-n5 p-4">
        <TextArea
          label="Description"
          optional
          rows={2}
          value={draft.description}
          onChange={(event) => set({ description: event.target.value })}
          error={fieldError(error, 'description')}
        />
        <div className="grid gap-1.5">
          <span className="text-13 font-medium" aria-hidden="true">
            Status
          </span>
          <div>
            <Segments
              legend="Status"
              value={draft.status}
              onChange={(status) => set({ status })}
              options={[
                { value: 'active', label: 'Active' },
                { value: 'draft', label: 'Draft' },
                { value: 'disabled', label: 'Disabled' },
              ]}
            />
          </div>
        </div>
        <Pairs
          legend="Secrets kept elsewhere"
          noun="Reference"
          hint="Read for each call: headers.X-Api-Key, auth.token or env.NAME from vault:PATH#FIELD, aws-sm:NAME or file:NAME."
          name="headers.X-Api-Key"
          value="vault:kv/data/github#token"
          pairs={draft.references}
          onChange={(references) => set({ references })}
        />
        <SelectField
          label="When a tool changes"
          value={draft.toolReview}
          onChange={(event) => set({ toolReview: event.target.value as ConnectorDraft['toolReview'] })}
          options={[
            { value: 'quarantine', label: 'Hold it back until somebody approves' },
            { value: 'alert', label: 'Serve it and note the change' },
            { value: 'off', label: 'Serve it' },
          ]}
        />
        <SelectField
          label="Protocol"
          value={draft.protocol}
          onChange={(event) => set({ protocol: event.target.value as ConnectorDraft['protocol'] })}
          options={[
            { value: 'auto', label: 'Detect' },
            { value: 'modern', label: 'Modern (2026-07-28)' },
            { value: 'legacy', label: 'Legacy (2025-11-25 and older)' },
          ]}
        />
        <CheckField
          label="Sensitive connector"
          hint="Arguments and results stay hidden in the audit for most readers."
          checked={draft.sensitive}
          onChange={(sensitive) => set({ sensitive })}
        />
        <CheckField
          label="Skip tool input validation"
          hint="For servers with malformed schemas. Arguments then reach the server unchecked."
          checked={draft.skipValidation}
          onChange={(skipValidation) => set({ skipValidation })}
        />
      </div>
    </details>
  )
}
