import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** Whether a program can be started here. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Says loudly what a file's tests lack, as a test that was left out; as one that failed where nothing may be left out
 * (DRAGOMAN_TEST_COMPLETE=1). Gives whether all is there.
 */
export function hasAll(needs: Readonly<Record<string, boolean>>): boolean {
  const missing = Object.keys(needs).filter((name) => needs[name] !== true);
  if (missing.length === 0) return true;
  const title = `LEFT OUT, for want of ${missing.join(' and ')}`;
  console.warn(`\n  ${title}\n`);
  if (process.env['DRAGOMAN_TEST_COMPLETE'] === '1') it(title, () => expect(missing).toEqual([]));
  else it.skip(title);
  return false;
}
