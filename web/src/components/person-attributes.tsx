import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Me, User } from '../api/shapes.ts'
import { attributesOf, draftsOf } from '../forms/attribute-draft.ts'
import { AttributeRows } from '../forms/attribute-rows.tsx'
import { Button } from '../ui/button.tsx'
import { Facts } from '../ui/page.tsx'
import { TroubleNote } from './trouble-note.tsx'
import { useChange } from './use-change.ts'

/** What the directory says of a person, for rules to go by. */
export function PersonAttributes({ user, me }: { user: User; me: Me }) {
  const everybody = useQuery(queries.people()).data?.data ?? []
  const [rows, setRows] = useState(() => draftsOf(user.attributes))
  const save = useChange({
    run: () => api.call('updateUser', { params: { id: user.id }, body: { attributes: attributesOf(rows) } }),
    done: 'Attributes saved',
    loud: true,
  })
  if (!me.capabilities.includes('people.write'))
    return (
      <Facts
        rows={Object.entries(user.attributes).map(([name, values]) => [name, values.join('; ')] as const)}
      />
    )
  const same = JSON.stringify(attributesOf(rows)) === JSON.stringify(user.attributes)
  return (
    <div className="grid justify-items-start gap-3">
      <AttributeRows
        rows={rows}
        names={everybody.flatMap(({ attributes }) => Object.keys(attributes))}
        onChange={setRows}
      />
      <TroubleNote error={save.error} />
      <Button
        busy={save.isPending}
        why={same ? 'Nothing has changed' : undefined}
        onClick={() => save.mutate(undefined)}
      >
        Save attributes
      </Button>
    </div>
  )
}
