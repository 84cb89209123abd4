import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take longest, slowest first. A fresh checkout remembers no times, and a slow file that starts last leaves the
 * other worker with nothing to do.
 */
export const slowFiles: readonly string[] = [
  'test/e2e/pages-dark.test.ts',
  'test/e2e/pages.test.ts',
  'test/bars/kill.test.ts',
  'server/src/storage/backup.test.ts',
  'test/e2e/console.test.ts',
  'test/e2e/sign-in.test.ts',
  'test/real/demo.test.ts',
  'test/conformance/auth-client.test.ts',
  'test/e2e/single-sign-on.test.ts',
  'test/real/hosted-everything.test.ts',
  'server/src/grants/grants.test.ts',
  'server/src/audit/landing-thread.test.ts',
  'test/e2e/connect-client.test.ts',
  'test/conformance/conformance.test.ts',
  'server/src/audit/kill.test.ts',
  'test/real/upstreams.test.ts',
  'test/bars/faults.test.ts',
  'server/src/audit/audit.test.ts',
  'server/src/guards/guards.test.ts',
  'server/src/hosting/hosting.test.ts',
  'test/bridge/code-mode.test.ts',
  'test/bridge/search-answers.test.ts',
  'test/oauth/delegations.test.ts',
  'test/oauth/assertions.test.ts',
  'server/src/identity/identity.test.ts',
  'server/src/storage/kill.test.ts',
]

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = slowFiles.indexOf(relative(this.ctx.config.root, moduleId))
      return at === -1 ? slowFiles.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
