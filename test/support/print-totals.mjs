// Reads what vitest wrote to coverage/results.json, and prints the totals as the last line: `12 passed, 0 failed`, and `, 3 skipped` if
// any were. Fails if anything failed or nothing ran, and, where nothing may be left out, if anything was skipped.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from './program.mjs';

const path = process.argv[2] ?? join(projectFolder, 'coverage', 'results.json');
const results = await readFile(path, 'utf8').then(JSON.parse, (reason) => {
  console.error(`There are no results of tests: ${reason.message}`);
  return { testResults: [] };
});
const tests = results.testResults.flatMap(({ assertionResults }) => assertionResults);
const count = (...states) => tests.filter(({ status }) => states.includes(status)).length;
// A file that could not even be loaded has failed, though it holds no test that did.
const broken = results.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
);
for (const { name, message } of broken) console.error(`${name}: ${message}`);
const passed = count('passed');
const failed = count('failed') + broken.length;
const skipped = count('skipped', 'pending', 'todo', 'disabled');
const complete = process.env.DRAGOMAN_TEST_COMPLETE === '1';
if (skipped > 0) {
  for (const { status, fullName } of tests)
    if (status !== 'passed' && status !== 'failed') console.error(`left out: ${fullName}`);
}
if (passed + failed === 0) console.error('No test ran.');
if (complete && skipped > 0) console.error('Tests were left out, though nothing may be (DRAGOMAN_TEST_COMPLETE=1).');
process.exitCode = failed > 0 || passed === 0 || (complete && skipped > 0) ? 1 : 0;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
