import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Play } from 'lucide-react'
import { api } from '../api/client.ts'
import * as queries from '../api/queries.ts'
import type { Connector, Me, ServerTool } from '../api/shapes.ts'
import { pieces } from '../lib/hidden-characters.ts'
import { paths } from '../paths.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { Code } from '../ui/code.tsx'
import { Diff } from '../ui/diff.tsx'
import { Drawer } from '../ui/drawer.tsx'
import { Note } from '../ui/note.tsx'
import { Facts, Section } from '../ui/page.tsx'
import { Reveal } from '../ui/reveal.tsx'
import { Time } from '../ui/time.tsx'
import { ToolState } from './connector-marks.tsx'
import { useChange } from './use-change.ts'

type Props = { connector: Connector; tool: ServerTool; me: Me; onClose(): void }

/** A definition as the server sent it, laid out for reading. */
function pretty(definition: string | undefined): string {
  if (definition === undefined) return ''
  try {
    return JSON.stringify(JSON.parse(definition), null, 2)
  } catch {
    return definition
  }
}

function Review({
  connector,
  tool,
  me,
  before,
  after,
}: Omit<Props, 'onClose'> & { before: string; after: string }) {
  const review = useChange({
    run: (decision: 'approve' | 'reject') =>
      api.call('reviewServerTool', {
        params: { id: connector.id },
        body: { name: tool.name, hash: tool.definition_hash, decision },
      }),
    done: 'Review recorded',
    loud: true,
  })
  const hides = pieces(after).some((piece) => piece.hidden)
  const why = me.capabilities.includes('tools.review') ? undefined : 'Your role may not review tools'
  return (
    <Section
      title={before === '' ? 'New definition' : 'What changed'}
      about="The tool stays hidden until this exact definition is approved."
    >
      {tool.note !== null && <Note kind="warning" title={`Held back: ${tool.note}`} />}
      {tool.change.severity !== 'none' && (
        <Note
          kind={tool.change.severity === 'high' ? 'danger' : 'info'}
          title={`Severity of the change: ${tool.change.severity}`}
        >
          <ul>
            {tool.change.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </Note>
      )}
      {hides && (
        <Note kind="warning" title="The definition holds characters that do not show">
          <p>They are marked below. Such characters can carry instructions that only a model sees.</p>
        </Note>
      )}
      <Diff before={before} after={after} label="Definition before and after" />
      <div className="flex gap-2">
        <Button look="primary" why={why} busy={review.isPending} onClick={() => review.mutate('approve')}>
          Approve this definition
        </Button>
        <Button look="danger" why={why} busy={review.isPending} onClick={() => review.mutate('reject')}>
          Reject
        </Button>
      </div>
    </Section>
  )
}

/** What the guards saw in the definition, with the place: the text itself stands in the definition below. */
function Findings({ scan }: { scan: ServerTool['scan'] }) {
  if (scan.risk === null) return null
  const title = scan.state === 'clean' ? 'Nothing found' : `Risk: ${scan.risk}`
  return (
    <Section title={`What the guards say: ${title.toLowerCase()}`}>
      {scan.detections.length > 0 && scan.risk !== 'none' && (
        <ul className="grid gap-2 text-13">
          {scan.detections.map(({ detector, where, excerpt, reason }) => (
            <li key={`${detector} ${where} ${excerpt}`} className="grid gap-0.5">
              <span>{reason}</span>
              <span className="font-mono text-12 text-n11">
                {detector} in {where === '' ? 'the definition' : where}
              </span>
            </li>
          ))}
        </ul>
      )}
      {scan.category !== null && (
        <p className="text-13">
          The language model that is asked sees: {scan.category.replaceAll('-', ' ')}.
        </p>
      )}
      {scan.detector_version !== null && (
        <p className="text-12 text-n11">
          {scan.scanned_at === null ? 'Scanned' : <Time iso={scan.scanned_at} />} by detectors{' '}
          <code className="font-mono">{scan.detector_version}</code>
        </p>
      )}
    </Section>
  )
}

export function ToolDrawer({ connector, tool, me, onClose }: Props) {
  const versions = useQuery(queries.toolVersions(connector.id, tool.name)).data?.data ?? []
  const text = (hash: string | null) => pretty(versions.find((version) => version.hash === hash)?.definition)
  const offered = text(tool.definition_hash)
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
      {tool.state === 'quarantined' && offered !== '' && (
        <Review connector={connector} tool={tool} me={me} before={text(tool.approved_hash)} after={offered} />
      )}
      <Findings scan={tool.scan} />
      <Section title="Description" about={`Written by ${connector.name}, not by this workspace.`}>
        <blockquote className="border-l-2 border-n6 pl-3 text-13">
          <Reveal text={tool.description || 'The server gives none.'} />
        </blockquote>
      </Section>
      <Facts
        rows={[
          [
            'Name for clients',
            <code key="public" className="font-mono text-12">
              {tool.public_name}
            </code>,
          ],
          [
            'Definition hash',
            <code key="hash" className="font-mono text-12">
              {tool.definition_hash}
            </code>,
          ],
        ]}
      />
      <Section title="Definition">
        <Code text={offered} label="Definition" tall />
      </Section>
    </Drawer>
  )
}
