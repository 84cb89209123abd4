import { expect, test } from 'vitest'
import { eachStore } from '../../../test/support/stores.ts'

eachStore((open) => {
  test('a fresh store answers and is migrated', async () => {
    const { pool, ready } = await open()
    expect(await ready()).toBe(true)
    const { rows } = await pool.query('SELECT count(*) AS n FROM schema_migrations')
    expect(rows[0].n).toBeGreaterThan(0)
  })
})
