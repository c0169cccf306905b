// Adds up the checks of script/test and vitest's JSON reports; prints the closing line and sets the exit code.
import { existsSync, readFileSync } from 'node:fs';

const [passedChecks, failedChecks, skippedParts, ...files] = process.argv.slice(2);
const total = { passed: Number(passedChecks), failed: Number(failedChecks), skipped: Number(skippedParts) };
for (const file of files.filter((name) => existsSync(name))) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exit(total.failed === 0 ? 0 : 1);
