import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { cache } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import { RuleForm } from '../forms/rule-form.tsx'
import { paths } from '../paths.ts'
import { PageHead, Panel } from '../ui/page.tsx'

const route = getRouteApi('/shell/policies/new')

export async function loader(): Promise<void> {
  await cache.ensureQueryData(queries.servers())
}

export function PolicyNewPage() {
  const { server } = route.useSearch()
  const navigate = useNavigate()
  return (
    <>
      <PageHead title="New rule" purpose="It holds from the next request on. A deny beats an allow." />
      <Panel>
        <RuleForm
          server={server}
          onDone={() => void navigate({ ...paths.policies(), ignoreBlocker: true })}
        />
      </Panel>
    </>
  )
}
