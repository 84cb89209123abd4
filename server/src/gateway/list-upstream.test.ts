import { describe, expect, test } from 'vitest'
import type { UpstreamReply } from '../kernel/call.ts'
import type { UpstreamRequest } from '../kernel/upstream.ts'
import { membersOf } from '../lib/raw-json.ts'
import { listAll } from './list-upstream.ts'

type Page = { resources?: unknown; nextCursor?: unknown }

/** An upstream whose pages are given by the cursor that leads to them. */
function upstream(pages: (cursor: string | undefined) => Page) {
  const cursors: (string | undefined)[] = []
  const call = async ({ params }: UpstreamRequest): Promise<UpstreamReply> => {
    const cursor = params.get('cursor')
    cursors.push(cursor)
    const text = JSON.stringify(pages(cursor))
    return { kind: 'result', era: 'legacy', text, members: membersOf(text) }
  }
  const request = {
    method: 'resources/list',
    params: new Map([['cursor', '"of the client"']]),
    connector: { name: 'Files' },
  } as unknown as UpstreamRequest
  return { cursors, all: (maxPages = 100) => listAll({ call, request, maxPages }) }
}

describe('every page as one', () => {
  test('pages come in order, without a cursor at the end', async () => {
    const { all, cursors } = upstream((cursor) =>
      cursor === undefined
        ? { resources: [1, 2], nextCursor: 'a' }
        : cursor === '"a"'
          ? { resources: [], nextCursor: '' }
          : { resources: [3] },
    )
    const reply = await all()
    expect(reply.kind === 'result' ? Object.fromEntries(reply.members) : reply).toEqual({
      resources: '[1,2,3]',
    })
    expect(cursors).toEqual([undefined, '"a"', '""'])
  })

  test.each([
    ['one cursor again and again', () => 'same'],
    ['cursors in a circle', (cursor: string | undefined) => (cursor === '"b"' ? 'a' : 'b')],
  ])('%s is upstream-malformed, naming the connector', async (_what, next) => {
    const { all, cursors } = upstream((cursor) => ({ resources: [1], nextCursor: next(cursor) }))
    await expect(all()).rejects.toMatchObject({
      reason: 'upstream-malformed',
      connector: 'Files',
      message: expect.stringMatching(/Files repeats a list cursor/),
    })
    expect(cursors.length).toBeLessThan(5)
  })

  test('endless pages end at the limit', async () => {
    let page = 0
    const { all, cursors } = upstream(() => ({ resources: [page], nextCursor: String(page++) }))
    await expect(all(7)).rejects.toMatchObject({
      message: expect.stringMatching(/Files has more than 7 pages/),
    })
    expect(cursors).toHaveLength(7)
  })

  test('a cursor that is no text is none, and a list that is not there is empty', async () => {
    const reply = await upstream(() => ({ nextCursor: 7 })).all()
    expect(reply.kind === 'result' ? reply.members.get('resources') : reply).toBe('[]')
  })

  test('an error on a later page is the answer', async () => {
    const refusal: UpstreamReply = { kind: 'error', era: 'legacy', code: -1, message: 'no', data: undefined }
    let calls = 0
    const members = membersOf('{"resources":[1],"nextCursor":"x"}')
    const call = async (): Promise<UpstreamReply> =>
      ++calls === 1 ? { kind: 'result', era: 'legacy', text: '', members } : refusal
    const request = { method: 'resources/list', params: new Map() } as unknown as UpstreamRequest
    expect(await listAll({ call, request, maxPages: 9 })).toBe(refusal)
  })
})
