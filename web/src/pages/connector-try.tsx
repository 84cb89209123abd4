import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Play, Wrench } from 'lucide-react'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Connector, ServerTool } from '../api/shapes.ts'
import { ToolResult } from '../components/tool-result.tsx'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { ArgumentsForm } from '../forms/arguments-form.tsx'
import { type JsonObject, parseObject } from '../lib/json.ts'
import { schemaFields, startArguments } from '../lib/schema-fields.ts'
import { paths } from '../paths.ts'
import { Button } from '../ui/button.tsx'
import { TextArea } from '../ui/field.tsx'
import { Note } from '../ui/note.tsx'
import { Empty, Section } from '../ui/page.tsx'
import { Picker } from '../ui/picker.tsx'
import { Reveal } from '../ui/reveal.tsx'

const route = getRouteApi('/shell/connectors/$serverId/$tab')
const pretty = (value: unknown) => JSON.stringify(value, null, 2)

export function ConnectorTry({ connector }: { connector: Connector }) {
  const { tool: wanted } = route.useSearch()
  const navigate = useNavigate({ from: '/connectors/$serverId/$tab' })
  const tools = (useQuery(queries.serverTools(connector.id)).data?.data ?? []).filter(
    (tool) => tool.state === 'active',
  )
  const tool = tools.find((one) => one.name === wanted) ?? tools[0]
  if (tool === undefined) {
    return (
      <Empty icon={<Wrench />} title="No tool to try">
        As soon as this connector has an active tool you can run it here, through the same policy and audit as
        any client.
      </Empty>
    )
  }
  return (
    <div className="grid gap-6">
      <div className="flex flex-wrap items-center gap-3">
        <span className="text-13 text-n11">Run</span>
        <Picker
          label="Tool"
          placeholder="a tool"
          options={tools.map((one) => ({ value: one.name, label: one.name }))}
          value={[tool.name]}
          onChange={([name]) => void navigate({ search: (old) => ({ ...old, tool: name }), replace: true })}
        />
        <span className="text-13 text-n11">as yourself, through the same rules and audit as any client.</span>
      </div>
      <TryTool key={tool.name} connector={connector} tool={tool} />
    </div>
  )
}

function TryTool({ connector, tool }: { connector: Connector; tool: ServerTool }) {
  const fields = schemaFields(tool.input_schema)
  const [text, setText] = useState(() => pretty(startArguments(fields)))
  // The form keeps what is half typed; a change in the JSON starts it anew.
  const [edition, setEdition] = useState(0)
  const run = useChange({
    run: (args: JsonObject) =>
      api.call('tryTool', { params: { id: connector.id }, body: { name: tool.name, arguments: args } }),
  })
  const args = parseObject(text)
  const why = args === undefined ? 'The arguments are not a JSON object yet' : undefined
  return (
    <div className="grid items-start gap-8 lg:grid-cols-2">
      <div className="grid min-w-0 gap-6">
        <p className="border-l-2 border-n6 pl-3 text-13 text-n11">
          <Reveal text={tool.description} limit={600} />
        </p>
        <form
          className="grid gap-5"
          aria-label="Arguments"
          onSubmit={(event) => {
            event.preventDefault()
            if (args !== undefined) run.mutate(args)
          }}
        >
          {args === undefined ? (
            <Note kind="warning" title="The JSON beside cannot be read yet" />
          ) : (
            <ArgumentsForm
              key={edition}
              fields={fields}
              value={args}
              onChange={(value) => setText(pretty(value))}
            />
          )}
          <div>
            <Button
              type="submit"
              look="primary"
              icon={<Play aria-hidden="true" />}
              busy={run.isPending}
              why={why}
            >
              Run tool
            </Button>
          </div>
        </form>
      </div>
      <div className="grid min-w-0 gap-6">
        <TextArea
          label="As JSON"
          mono
          rows={Math.min(14, Math.max(4, text.split('\n').length))}
          value={text}
          error={why}
          onChange={(event) => {
            setText(event.target.value)
            setEdition((old) => old + 1)
          }}
        />
        <Section title="Result">
          <Outcome connector={connector} run={run} />
        </Section>
      </div>
    </div>
  )
}

type Run = {
  data: { result: unknown; correlation_id: string } | undefined
  error: unknown
  isPending: boolean
}

function Outcome({ connector, run }: { connector: Connector; run: Run }) {
  if (run.isPending)
    return (
      <p role="status" className="text-13 text-n11">
        Waiting for {connector.name}
      </p>
    )
  if (run.error !== null) return <TroubleNote error={run.error} />
  if (run.data === undefined) {
    return (
      <p className="rounded border border-dashed border-n6 px-4 py-10 text-center text-13 text-n11">
        The answer appears here.
      </p>
    )
  }
  return (
    <div role="status" className="grid min-w-0 gap-3">
      <ToolResult result={run.data.result} origin={connector.name} />
      <Link
        {...paths.audit({ correlation_id: run.data.correlation_id })}
        className="w-fit text-13 text-accent underline-offset-2 hover:underline"
      >
        Show it in the audit
      </Link>
    </div>
  )
}
