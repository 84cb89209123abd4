import { GatewayError } from '../kernel/errors.ts'
import { newId, type UserId } from '../kernel/ids.ts'
import type { Bus, Db } from '../storage/storage.ts'
import { checkPattern, judgeRedirect, type RedirectState } from './match-redirect.ts'
import { type RedirectRule, ruleStore } from './rule-store.ts'

const maxRules = 1000

/** The organisation's lists of where authorization codes may go. */
export type RedirectRules = {
  list(): readonly RedirectRule[]
  judge(uri: string): RedirectState
  /** Throws invalid-field for a pattern that is none, conflict when the list has it or is full. */
  add(rule: Pick<RedirectRule, 'effect' | 'pattern' | 'note'>, by: UserId): Promise<RedirectRule>
  remove(id: string): Promise<void>
  close(): void
}

export async function keepRedirectRules(parts: {
  db: Db
  bus: Bus
  now: () => number
}): Promise<RedirectRules> {
  const store = ruleStore(parts.db)
  let rules = await store.all()
  const stop = parts.bus.on('oauth-redirects', async () => {
    rules = await store.all()
  })
  return {
    list: () => rules,
    judge: (uri) => judgeRedirect(rules, uri),
    async add(wanted, by) {
      const at = parts.now()
      const pattern = checkPattern(wanted.pattern)
      const rule = { ...wanted, pattern, id: newId(at), createdBy: by, createdAt: new Date(at) }
      const done = await store.insert(rule, maxRules)
      if (done === 'full')
        throw new GatewayError('conflict', `There are ${maxRules} rules, which is the limit.`)
      if (done === 'taken') throw new GatewayError('conflict', 'This list has that address already.')
      await parts.bus.publish('oauth-redirects', rule.id)
      return rule
    },
    async remove(id) {
      if (!(await store.remove(id))) throw new GatewayError('not-found', 'There is no such rule.')
      await parts.bus.publish('oauth-redirects', id)
    },
    close: stop,
  }
}
