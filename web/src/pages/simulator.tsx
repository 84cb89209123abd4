import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { TroubleNote } from '../components/trouble-note.tsx'
import { useChange } from '../components/use-change.ts'
import { parseObject } from '../lib/json.ts'
import { paths } from '../paths.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { TextArea } from '../ui/field.tsx'
import { Note } from '../ui/note.tsx'
import { PageHead, Panel } from '../ui/page.tsx'
import { Picker } from '../ui/picker.tsx'

const route = getRouteApi('/shell/policies/simulator')

export async function loader(): Promise<void> {
  await Promise.all([cache.ensureQueryData(queries.people()), cache.ensureQueryData(queries.servers())])
}

type Verdict = { decision: string; reason: string; rules: readonly string[] }

function Answer({ verdict }: { verdict: Verdict }) {
  const allowed = verdict.decision === 'allow'
  return (
    <Note
      kind={allowed ? 'good' : 'danger'}
      title={allowed ? 'The call would be allowed' : 'The call would be denied'}
      live
    >
      <p>{verdict.reason}</p>
      {verdict.rules.map((rule) => (
        <p key={rule}>
          Rule{' '}
          <Link {...paths.policy(rule)} className="font-mono text-12 underline underline-offset-2">
            {rule}
          </Link>
        </p>
      ))}
    </Note>
  )
}

/** Asks the same function that judges real calls what it would say. Nothing runs. */
export function SimulatorPage() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/policies/simulator' })
  const users = useSuspenseQuery(queries.people()).data.data
  const servers = useSuspenseQuery(queries.servers()).data.data
  const tools =
    useQuery({ ...queries.serverTools(search.server ?? ''), enabled: search.server !== undefined }).data
      ?.data ?? []
  const [text, setText] = useState('{}')
  const args = parseObject(text)
  const ask = useChange({
    run: () =>
      api.call('simulatePolicy', {
        body: {
          user_id: search.user ?? '',
          server_id: search.server ?? '',
          tool: search.tool ?? '',
          arguments: args ?? {},
        },
      }),
  })
  const set = (change: {
    user?: string | undefined
    server?: string | undefined
    tool?: string | undefined
  }) => {
    ask.reset()
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  }
  const why =
    search.user === undefined || search.server === undefined || search.tool === undefined
      ? 'Choose who, where and what first'
      : args === undefined
        ? 'The arguments are not a JSON object yet'
        : undefined
  return (
    <>
      <PageHead
        title="Policy simulator"
        purpose="Would this person's call go through, and which rule decides? Nothing is run."
      />
      <Panel>
        <form
          className="grid gap-5"
          onSubmit={(event) => {
            event.preventDefault()
            if (why === undefined) ask.mutate(undefined)
          }}
        >
          <div className="flex flex-wrap items-center gap-x-2 gap-y-3 text-14">
            <span>May</span>
            <Picker
              label="Person"
              placeholder="a person"
              options={users.map((user) => ({
                value: user.id,
                label: user.name || user.email,
                hint: user.email,
                icon: <Avatar name={user.name || user.email} />,
              }))}
              value={search.user === undefined ? [] : [search.user]}
              onChange={([user]) => set({ user })}
            />
            <span>use</span>
            <Picker
              label="Tool"
              placeholder="a tool"
              options={tools.map((tool) => ({ value: tool.name, label: tool.name }))}
              value={search.tool === undefined ? [] : [search.tool]}
              onChange={([tool]) => set({ tool })}
            />
            <span>on</span>
            <Picker
              label="Connector"
              placeholder="a connector"
              options={servers.map((server) => ({ value: server.id, label: server.name }))}
              value={search.server === undefined ? [] : [search.server]}
              onChange={([server]) => set({ server, tool: undefined })}
            />
          </div>
          <TextArea
            label="Arguments"
            mono
            rows={4}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <div>
            <Button type="submit" look="primary" busy={ask.isPending} why={why}>
              Simulate
            </Button>
          </div>
        </form>
      </Panel>
      <TroubleNote error={ask.error} />
      {ask.data !== undefined && <Answer verdict={ask.data} />}
    </>
  )
}
