import { useQuery } from '@tanstack/react-query'
import * as queries from '../api/queries.ts'
import { Note } from '../ui/note.tsx'

/** What the installation wants its people to know, such as a sandbox that does not work. */
export function StatusWarnings() {
  const { data } = useQuery(queries.status())
  const warnings = data?.warnings ?? []
  return warnings.map((warning) => (
    <Note key={warning} kind="warning" title="About this installation">
      <p>{warning}</p>
    </Note>
  ))
}
