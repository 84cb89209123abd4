import type { Connector } from '../../server/src/kernel/connector.ts'
import { newId } from '../../server/src/kernel/ids.ts'

/** An active connector in memory that needs nothing of anybody, but for what a test says of it. */
export function connectorOf(part: Partial<Connector>): Connector {
  return {
    id: newId<'server'>(),
    name: 'Echo',
    slug: 'echo',
    description: '',
    kind: 'hosted',
    transport: 'streamable_http',
    url: undefined,
    headers: {},
    command: undefined,
    args: [],
    env: {},
    auth: { type: 'none' },
    status: 'active',
    protocol: 'auto',
    toolReview: 'off',
    skipInputValidation: false,
    toolOutputOffloading: false,
    sensitive: false,
    network: 'none',
    mounts: [],
    personalValues: [],
    pinned: undefined,
    health: { state: 'unknown' },
    createdBy: undefined,
    createdAt: '',
    updatedAt: '',
    revision: 1,
    ...part,
  }
}
