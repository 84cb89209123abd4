import { Link } from '@tanstack/react-router'
import { Play } from 'lucide-react'
import { api } from '../api/client.ts'
import type { Connector, Me, ServerTool } from '../api/shapes.ts'
import { paths } from '../paths.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { Code } from '../ui/code.tsx'
import { Diff } from '../ui/diff.tsx'
import { Drawer } from '../ui/drawer.tsx'
import { Note } from '../ui/note.tsx'
import { Facts, Section } from '../ui/page.tsx'
import { pieces, Reveal } from '../ui/reveal.tsx'
import { ToolState } from './connector-marks.tsx'
import { useChange } from './use-change.ts'

type Props = { connector: Connector; tool: ServerTool; me: Me; onClose(): void }

const pretty = (value: unknown) => JSON.stringify(value, null, 2) ?? ''

function Review({ connector, tool, me }: Omit<Props, 'onClose'>) {
  const offered = tool.pending ?? undefined
  const review = useChange({
    run: (input: { decision: 'approve' | 'reject'; hash: string }) =>
      api.call('reviewServerTool', { params: { id: connector.id }, body: { name: tool.name, ...input } }),
    done: 'Review recorded',
    loud: true,
  })
  if (offered === undefined) return null
  const before = tool.definition === null || tool.definition === undefined ? '' : pretty(tool.definition)
  const after = pretty(offered.definition)
  const hides = pieces(after).some((piece) => piece.hidden)
  const why = me.capabilities.includes('tools.review') ? undefined : 'Your role may not review tools'
  return (
    <Section
      title={before === '' ? 'New definition' : 'What changed'}
      about="The tool stays hidden until this exact definition is approved."
    >
      {hides && (
        <Note kind="warning" title="The definition holds characters that do not show">
          <p>They are marked below. Such characters can carry instructions that only a model sees.</p>
        </Note>
      )}
      <Diff before={before} after={after} label="Definition before and after" />
      <div className="flex gap-2">
        <Button
          look="primary"
          why={why}
          busy={review.isPending}
          onClick={() => review.mutate({ decision: 'approve', hash: offered.hash })}
        >
          Approve this definition
        </Button>
        <Button look="danger" why={why} busy={review.isPending} onClick={() => review.mutate({ decision: 'reject', hash: offered.hash })}>
          Reject
        </Button>
      </div>
    </Section>
  )
}

export function ToolDrawer({ connector, tool, me, onClose }: Props) {
  return (
    <Drawer
      title={tool.name}
      subtitle={
        <span className="flex items-center gap-2">
          <ToolState state={tool.state} />
          {tool.title}
        </span>
      }
      onClose={onClose}
      actions={
        tool.state === 'active' && (
          <Link {...paths.connectorTry(connector.id, tool.name)} className={buttonClass('plain')}>
            <Play aria-hidden="true" />
            Try it
          </Link>
        )
      }
    >
      <Review connector={connector} tool={tool} me={me} />
      <Section title="Description" about={`Written by ${connector.name}, not by this workspace.`}>
        <blockquote className="border-l-2 border-n6 pl-3 text-13">
          <Reveal text={tool.description || 'The server gives none.'} />
        </blockquote>
      </Section>
      <Facts
        rows={[
          ['Name for clients', <code key="public" className="font-mono text-12">{tool.public_name}</code>],
          ['Definition hash', <code key="hash" className="font-mono text-12">{tool.hash}</code>],
        ]}
      />
      <Section title="Definition">
        <Code text={pretty(tool.definition)} label="Definition" tall />
      </Section>
    </Drawer>
  )
}
