import type { SsoProvider } from '../api/shapes.ts'

type Mapping = SsoProvider['mapping']
/** One line: what the provider says, and what it becomes. */
export type MappingRow = { key: number; from: string; to: string }
export type MappingDraft = {
  groupClaim: string
  groupsByName: boolean
  groupRows: readonly MappingRow[]
  attributeRows: readonly MappingRow[]
}

export function mappingDraftOf(mapping: Mapping | undefined): MappingDraft {
  return {
    groupClaim: mapping?.groups?.claim ?? '',
    groupsByName: mapping?.groups?.by_name ?? false,
    groupRows: (mapping?.groups?.rows ?? []).map((row, key) => ({ key, from: row.value, to: row.group_id })),
    attributeRows: (mapping?.attributes ?? []).map((row, key) => ({
      key,
      from: row.claim,
      to: row.attribute,
    })),
  }
}

/** Without lines that say nothing yet. */
export function mappingOf(draft: MappingDraft): Mapping {
  const claim = draft.groupClaim.trim()
  const said = (rows: readonly MappingRow[]) =>
    rows
      .map(({ from, to }) => ({ from: from.trim(), to: to.trim() }))
      .filter(({ from, to }) => from !== '' && to !== '')
  return {
    groups:
      claim === ''
        ? null
        : {
            claim,
            by_name: draft.groupsByName,
            rows: said(draft.groupRows).map(({ from, to }) => ({ value: from, group_id: to })),
          },
    attributes: said(draft.attributeRows).map(({ from, to }) => ({ claim: from, attribute: to })),
  }
}
