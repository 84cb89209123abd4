import { useQuery } from '@tanstack/react-query'
import * as queries from '../api/queries.ts'
import type { Connector } from '../api/shapes.ts'
import { Code } from '../ui/code.tsx'
import { Section } from '../ui/page.tsx'

export function ConnectorLog({ connector }: { connector: Connector }) {
  const log = useQuery(queries.serverLog(connector.id)).data?.data ?? []
  return (
    <Section
      title="Log"
      about={`What ${connector.name} last wrote to stderr, oldest first. Older lines are gone. Refreshed every few seconds.`}
    >
      {log.length === 0 ? (
        <p className="rounded border border-dashed border-n6 px-4 py-10 text-center text-13 text-n11">
          Nothing yet. Lines appear when the process starts with the first call.
        </p>
      ) : (
        <Code text={log.join('\n')} label="Log" tall />
      )}
    </Section>
  )
}
