import { expect, test } from 'vitest'
import { connectorTabs, paths } from '../../web/src/paths.ts'

test('the addresses of the console stay as people have bookmarked them', () => {
  const address = (link: { to?: unknown; params?: unknown; search?: unknown }) => [
    link.to,
    link.params,
    link.search,
  ]
  expect([
    address(paths.connectors()),
    address(paths.connector('ID', 'tools')),
    address(paths.connectorTry('ID', 'echo')),
    address(paths.policy('ID')),
    address(paths.person('ID')),
    address(paths.audit({ outcome: 'denied' })),
    address(paths.auditEntry('ID')),
  ]).toEqual([
    ['/connectors', undefined, undefined],
    ['/connectors/$serverId/$tab', { serverId: 'ID', tab: 'tools' }, undefined],
    ['/connectors/$serverId/$tab', { serverId: 'ID', tab: 'try' }, { tool: 'echo' }],
    ['/policies', undefined, { policy: 'ID' }],
    ['/people', undefined, { person: 'ID' }],
    ['/audit', undefined, { outcome: 'denied' }],
    ['/audit', undefined, { entry: 'ID' }],
  ])
  expect(connectorTabs).toEqual(['overview', 'tools', 'try', 'policies', 'connection', 'log', 'settings'])
})
