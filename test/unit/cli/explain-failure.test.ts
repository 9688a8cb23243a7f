import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../../src/cli/explain-failure.ts';

describe('what ends a start', () => {
  it('is told as a port that is taken where one is', async () => {
    const [taken, late] = [createServer(), createServer()];
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    late.listen(Object(taken.address()).port, '127.0.0.1');
    const [failure] = await once(late, 'error');
    expect(explainFailure(failure)).toMatch(/^Port \d+ of 127\.0\.0\.1 is in use by another program/);
    taken.close();
  });

  it.each(['listen', 'bind'])('is told as a port by who could not %s there', (syscall) => {
    const failure = Object.assign(new Error('no'), { code: 'EACCES', syscall, address: '::', port: 80 });
    expect(explainFailure(failure)).toContain('does not allow this user to listen on port 80 of ::');
  });

  it('is told as it is where no port is at fault', () => {
    const message = "EACCES: permission denied, mkdir '/srv/uploads'";
    const failure = Object.assign(new Error(message), { code: 'EACCES', syscall: 'mkdir', path: '/srv/uploads' });
    expect(explainFailure(failure)).toBe(message);
  });
});
