import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { spawnProgram } from '../support/program.mjs';

const script = fileURLToPath(new URL('./streams.mjs', import.meta.url));

/** A short run of what `npm run test:soak:streams` does at length. */
it('streams that break and clients that leave or do not read leave nothing behind (failures 26, 30, 34 and 42)', async () => {
  const nodeArguments = [script, '--streams=1000'];
  const { ended, output } = spawnProgram({ nodeArguments, script: '--readers=10' });
  expect(await ended, output()).toMatchObject({ code: 0 });
}, 120_000);
