// Counting one test run from vitest's JSON report, so that the last line of `npm test` never says
// less than what happened.
import { relative } from 'node:path';
import { ROOT } from './setup.mjs';

/** Counts one run from vitest's JSON report. A skip is a failure where `strict`. */
export function countResults(report, strict) {
  const tests = report.testResults.flatMap((file) =>
    file.assertionResults.map((test) => ({ ...test, file: file.name })),
  );
  const passed = tests.filter((test) => test.status === 'passed').length;
  const failed = tests.filter((test) => test.status === 'failed').length;
  const skipped = tests
    .filter((test) => test.status !== 'passed' && test.status !== 'failed')
    .map((test) => `${relative(ROOT, test.file)}: ${test.fullName}`);
  // A file that could not even be loaded has no tests to count.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((t) => t.status === 'failed'),
  ).length;
  const total = failed + broken + (strict ? skipped.length : 0);
  // Something outside of any test, such as an unhandled rejection or a process left behind.
  const failures = total === 0 && !report.success ? 1 : total;
  return { passed, failed: failures, skipped };
}
