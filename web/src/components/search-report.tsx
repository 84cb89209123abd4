import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { SearchCheck } from 'lucide-react'
import * as queries from '../api/queries.ts'
import type { HardTool, SearchReport as Report, WorstQuery } from '../api/shapes.ts'
import { paths } from '../paths.ts'
import { CopyButton } from '../ui/copy.tsx'
import { Note } from '../ui/note.tsx'
import { Empty, Facts, Panel } from '../ui/page.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { PageError } from './trouble-note.tsx'

const percent = (share: number) => `${Math.round(share * 100)} %`

const queryColumns: readonly Column<WorstQuery>[] = [
  { name: 'Searched for', cell: ({ query }) => <span title={query}>{query}</span> },
  { name: 'Times', width: 'w-20', end: true, cell: ({ times }) => times },
  { name: 'Missed', width: 'w-20', end: true, cell: ({ missed }) => missed },
  { name: 'Nothing shown', width: 'w-28', end: true, cell: ({ empty }) => empty },
  {
    name: 'Run instead',
    extra: true,
    cell: ({ wanted }) => (
      <span className="font-mono text-12" title={wanted.join(', ')}>
        {wanted.join(', ')}
      </span>
    ),
  },
]

const problemWords: Record<HardTool['problems'][number], string> = {
  no_description: 'It has no description',
  short_description: 'Its description is very short',
  empty_name: 'Its name says nothing',
  undescribed_parameters: 'Most parameters have no description',
  shared_description: 'Another tool has the same description',
  missing_words: 'People use words that it lacks',
}

function HardTools({ tools }: { tools: readonly HardTool[] }) {
  return (
    <ul aria-label="Tools that are hard to find" className="grid gap-2">
      {tools.map((tool) => (
        <li key={tool.name} className="grid gap-1 rounded border border-n5 bg-raised p-3 text-13">
          <div className="flex flex-wrap items-baseline justify-between gap-x-4">
            <Link
              {...paths.connectorTool(tool.server_id, tool.upstream_name)}
              className="font-mono text-12 font-medium underline-offset-2 hover:underline"
            >
              {tool.name}
            </Link>
            <span className="text-12 text-n11">
              run {tool.runs}, shown {tool.shown}, missed {tool.missed}
            </span>
          </div>
          {tool.problems.length > 0 && (
            <p className="text-n11">{tool.problems.map((problem) => problemWords[problem]).join(' · ')}</p>
          )}
          {tool.suggestion !== null && (
            <div className="flex items-start gap-2">
              <p className="min-w-0 flex-1 wrap-anywhere">
                <span className="text-n11">A description that would be found: </span>
                {tool.suggestion}
              </p>
              <CopyButton text={tool.suggestion} label={`Copy the suggestion for ${tool.name}`} />
            </div>
          )}
        </li>
      ))}
    </ul>
  )
}

function Figures({ report }: { report: Report }) {
  const { recall } = report
  const decided = report.found + report.missed
  const share =
    recall === null
      ? 'Not known yet'
      : `${percent(recall.value)} of ${decided} (between ${percent(recall.low)} and ${percent(recall.high)}, 95 % sure)`
  return (
    <Panel>
      <Facts
        rows={[
          ['Found', share],
          ['Shown first', `${report.found_first} of ${report.found} found`],
          [
            'Searches',
            `${report.searches} by ${report.people === 1 ? 'one person' : `${report.people} people`}`,
          ],
          ['Nothing shown', report.empty],
          ['Nothing run', report.abandoned],
        ]}
      />
    </Panel>
  )
}

export function SearchReport({ days }: { days: number }) {
  const { data: report, error } = useQuery(queries.searchReport(days))
  if (error !== null) return <PageError error={error} />
  if (report === undefined) return <p className="text-13 text-n11">Reading the audit…</p>
  if (report.searches === 0)
    return (
      <Empty icon={<SearchCheck />} title="Nobody searched in this time">
        As soon as an AI client uses the Runlayer Plugin, this shows whether search finds what people need.
      </Empty>
    )
  const worst = report.worst_queries ?? []
  return (
    <div className="grid gap-5">
      {report.is_cut && (
        <Note kind="info" title="Only the newest searches were read">
          There is more in this period than one report reads. Choose a shorter one for exact figures.
        </Note>
      )}
      <Figures report={report} />
      {worst.length > 0 && (
        <div className="grid gap-2">
          <h3 className="text-13 font-medium">Searches that failed most</h3>
          <Table
            label="Searches that failed most"
            columns={queryColumns}
            rows={worst}
            id={({ query }) => query}
          />
        </div>
      )}
      {report.hard_tools.length > 0 && (
        <div className="grid gap-2">
          <h3 className="text-13 font-medium">Tools that are hard to find</h3>
          <HardTools tools={report.hard_tools} />
        </div>
      )}
    </div>
  )
}
