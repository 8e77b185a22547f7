// `report.mjs FILE` prints the numbers `PASSED FAILED` of a vitest report, and every skipped test on stderr.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const file of report.testResults) {
  for (const { status, fullName } of file.assertionResults) {
    if (status !== 'passed' && status !== 'failed') console.error(`skipped: ${fullName}`);
  }
}
console.log(`${report.numPassedTests} ${report.numFailedTests}`);
