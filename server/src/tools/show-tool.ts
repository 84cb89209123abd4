import { z } from 'zod'
import type { JsonObject } from '../kernel/json.ts'
import type { PinnedTool } from '../kernel/tool.ts'
import { type DefinitionScan, isFlagged } from './definition-scan.ts'
import { showHidden } from './hidden-characters.ts'
import { judgeChange } from './judge-change.ts'
import { findHidden } from './read-definition.ts'
import { titleOf } from './review-tools.ts'
import type { ReviewRow } from './store.ts'
import type { VersionRow } from './tables-store.ts'

export const ToolChange = z
  .object({ field: z.string(), before: z.string().optional(), after: z.string().optional() })
  .meta({ id: 'ToolChange' })
const ToolScan = z
  .object({
    state: z.enum(['clean', 'flagged']),
    risk: z.enum(['none', 'low', 'medium', 'high']).nullable(),
    score: z.number().nullable(),
    detector_version: z.string().nullable(),
    scanned_at: z.string().nullable(),
    category: z.string().nullable().describe('As a language model sees it, where one is asked'),
    findings: z.array(z.string()),
    detections: z.array(
      z.object({
        detector: z.string(),
        category: z.string(),
        where: z.string(),
        excerpt: z.string(),
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'ToolScan' })
export const state = z.enum(['active', 'quarantined', 'gone'])
const json = z.record(z.string(), z.unknown())

export const ToolSchema = z
  .object({
    name: z.string(),
    public_name: z.string(),
    title: z.string().nullable(),
    description: z.string(),
    input_schema: json,
    annotations: json.nullable(),
    state,
    definition_hash: z.string(),
    approved_hash: z.string().nullable(),
    note: z.string().nullable(),
    scan: ToolScan,
    changes: z.array(ToolChange),
    change: z.object({
      severity: z.enum(['none', 'low', 'medium', 'high']),
      reasons: z.array(z.string()),
    }),
    updated_at: z.string().nullable(),
  })
  .meta({ id: 'Tool' })
type ToolOut = z.input<typeof ToolSchema>

function texts(parsed: JsonObject): Pick<ToolOut, 'title' | 'description' | 'input_schema' | 'annotations'> {
  const { description, inputSchema, annotations } = parsed
  return {
    title: titleOf(parsed) ?? null,
    description: typeof description === 'string' ? showHidden(description) : '',
    input_schema: inputSchema as JsonObject,
    annotations:
      typeof annotations === 'object' && annotations !== null && !Array.isArray(annotations)
        ? annotations
        : null,
  }
}

function scanOf(parsed: JsonObject, scan: DefinitionScan | undefined): ToolOut['scan'] {
  const hidden = findHidden(parsed).map((kind) => `hidden characters: ${kind}`)
  const isClean = hidden.length === 0 && !isFlagged(scan)
  return {
    state: isClean ? 'clean' : 'flagged',
    risk: scan?.risk ?? null,
    score: scan?.score ?? null,
    detector_version: scan?.version ?? null,
    scanned_at: scan?.at ?? null,
    category: scan?.findings.find(({ detector }) => detector === 'llm-judge')?.category ?? null,
    findings: isClean
      ? hidden
      : [...new Set([...hidden, ...(scan?.findings ?? []).map(({ reason }) => reason)])],
    detections: (scan?.findings ?? []).map((finding) => ({
      ...finding,
      excerpt: showHidden(finding.excerpt),
    })),
  }
}

function changeOf(changes: VersionRow['changes']): ToolOut['change'] {
  const { severity, reasons } = judgeChange(changes)
  return { severity, reasons: [...reasons] }
}

/** A tool as a reviewer sees it. */
export function showForReview(row: ReviewRow): ToolOut {
  const parsed = JSON.parse(row.offered?.definition ?? '{"inputSchema":{}}') as JsonObject
  return {
    name: row.name,
    public_name: row.publicName,
    ...texts(parsed),
    state: row.state,
    definition_hash: row.offeredHash,
    approved_hash: row.approvedHash,
    note: row.note,
    scan: scanOf(parsed, row.offered?.scan ?? undefined),
    changes: [...(row.offered?.changes ?? [])],
    change: changeOf(row.offered?.changes ?? []),
    updated_at: row.updatedAt.toISOString(),
  }
}

/** A tool as anybody sees it who may use it. */
export function showActive(tool: PinnedTool): ToolOut {
  const parsed = JSON.parse(tool.definition) as JsonObject
  return {
    name: tool.name,
    public_name: tool.publicName,
    ...texts(parsed),
    state: 'active',
    definition_hash: tool.hash,
    approved_hash: tool.hash,
    note: null,
    scan: scanOf(parsed, undefined),
    changes: [],
    change: changeOf([]),
    updated_at: null,
  }
}
