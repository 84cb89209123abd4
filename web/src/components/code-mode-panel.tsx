import { useSuspenseQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Me } from '../api/shapes.ts'
import { Panel } from '../ui/page.tsx'
import { Switch } from '../ui/switch.tsx'
import { useChange } from './use-change.ts'

/** The switch of run_code, with what one script may use. */
export function CodeModePanel({ me }: { me: Me }) {
  const { enabled, limits } = useSuspenseQuery(queries.codeMode()).data
  const change = useChange({
    run: (next: boolean) => api.call('updateCodeMode', { body: { enabled: next } }),
    done: enabled ? 'Code mode is off' : 'Code mode is on',
    loud: true,
  })
  return (
    <Panel>
      <div className="flex items-start justify-between gap-6">
        <div className="grid gap-1 text-13">
          <p className="font-medium">
            Offer <code className="font-mono text-12">run_code</code> beside search and execute
          </p>
          <p className="text-n11">
            Every call inside a script is checked and recorded like any other. One script may make{' '}
            {limits.calls} calls, compute for {limits.compute_ms / 1000} s, take {limits.wall_ms / 1000} s in
            all, use {Math.round(limits.memory_bytes / 1024 / 1024)} MiB, and return{' '}
            {Math.round(limits.result_chars / 1024)} KiB. It has no network.
          </p>
        </div>
        <Switch
          label="Code mode"
          checked={enabled}
          onChange={(next) => change.mutate(next)}
          why={me.capabilities.includes('policies.write') ? undefined : 'Your role may not change this'}
        />
      </div>
    </Panel>
  )
}
