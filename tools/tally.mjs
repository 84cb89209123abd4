/** Counts of a vitest JSON report. A file that could not be loaded counts as one failure. */
export function countedBy(report) {
  const counts = { passed: 0, failed: 0, skipped: 0, skippedNames: [] }
  for (const file of report.testResults) {
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'))
      counts.failed += 1
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed += 1
      else if (test.status === 'failed') counts.failed += 1
      else {
        counts.skipped += 1
        counts.skippedNames.push(test.fullName)
      }
    }
  }
  return counts
}

/** The sum of counts. */
export function sumOf(all) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const counts of all) for (const name of Object.keys(total)) total[name] += counts[name]
  return total
}
